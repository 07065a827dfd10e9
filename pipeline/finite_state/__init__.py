"""What finite-state tasks share: machines from a rule, digits, expressions, groups. A task itself is a file of ``tasks/``."""
