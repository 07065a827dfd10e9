"""What people type that is no pipeline stage: asking nets, explaining recipes, listing, the MLflow UI, remotes."""
