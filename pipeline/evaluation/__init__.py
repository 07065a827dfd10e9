"""Length sweeps: answers scored on test sets of every length and input family."""
