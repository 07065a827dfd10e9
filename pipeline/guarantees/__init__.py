"""Guarantees of other kinds than a finite-state machine: sorting by pointer at every length, and how far counters count right."""
