"""The prover: induction over sets of states, and the search for counterexamples."""
