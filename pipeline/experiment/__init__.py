"""What ``params.yaml`` says of an experiment, as checked types: model, recipe, evaluation, proofs, and whose recipe it is."""
