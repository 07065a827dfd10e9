"""Trailing Nines: what recurrent networks learn to compute, and how far past their training length they stay right."""
