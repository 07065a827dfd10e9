"""Where jobs run: in threads of this machine, or on the nodes of a Ray cluster. Knows no job by name."""
