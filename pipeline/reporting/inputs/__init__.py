"""What the report reads: results, verdicts, timings, claims and published figures, as types."""
