"""The tasks: functions on sequences. One file each; a new file is a new task."""
