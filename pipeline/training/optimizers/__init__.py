"""The optimizers, one file each, chosen by name, as pure functions of tensors: Keras's cannot run inside a loop of a compiled program.

A file has ``build(epsilon)``, which returns a ``pipeline.training.engine.optimizer.Optimizer``. Every rule is element-wise, so a seed axis
needs nothing of its own.
Hyperparameters that a recipe leaves out have the defaults of the library that the posts used (TensorFlow 1).
"""
