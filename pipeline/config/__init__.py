"""``params.yaml`` as checked types: reading it, its JSON schema, and the comments beside its keys."""
