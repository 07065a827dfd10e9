"""Errors that a person can mend: what the command line shows as one line and no traceback."""


class Mendable(ValueError):
    """The message names the key, file or value, what was expected, and how to mend it; several faults are several lines."""

    exit_code = 1


class WrongInput(Mendable):
    """What was typed, or stands in ``params.yaml``, is not what it must be."""

    exit_code = 2
