"""Sets of states in float64 arithmetic, rounded outwards."""
