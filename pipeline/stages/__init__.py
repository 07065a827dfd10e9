"""What each command does: wiring between files and the rooms below; only here are paths, params and environment read."""
