"""The report's tables, as rows of finished text."""
