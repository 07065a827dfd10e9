"""The nets that the prover knows: how they step one float32 state, and how they push whole sets of states."""
