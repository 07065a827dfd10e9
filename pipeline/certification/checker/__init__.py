"""The checker: verifies a certificate with NumPy alone and shares no code with the prover."""
