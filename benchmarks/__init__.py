"""Training speed of the engine beside Keras, PyTorch and JAX: the same nets, batches and steps, in one run."""
