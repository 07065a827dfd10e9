"""How cost grows with the size of what is trained, tested and proved: ``python -m benchmarks.growth``."""
