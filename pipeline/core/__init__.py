"""The ground floor: small, pure modules that every room may stand on."""
