"""The training engine: many optimizer steps of many seeds in one XLA program. Knows no task and no tracker."""
