"""``python -m pipeline``: the command line, run from this folder's own code."""

from pipeline.cli import main

if __name__ == "__main__":
    main()
