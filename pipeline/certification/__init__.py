"""Proofs that a trained net is right on every input of every length; see ``prover`` for the argument and ``checker`` for the referee."""
