"""From claims and measurements to verdicts: rules, statistics, headline numbers."""
