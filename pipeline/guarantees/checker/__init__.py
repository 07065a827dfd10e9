"""The checker of guarantees: NumPy and the standard library, and no code of the provers."""
