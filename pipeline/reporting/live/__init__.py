"""The live page: nets that run in the reader's browser. How a task is written, and its rule, are found by asking its own class."""
