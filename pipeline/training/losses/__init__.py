"""The losses, one file each, chosen by name.

A file has ``LOSS``, a ``Loss`` (see ``base``). Its top level imports no Keras, so that ``params.yaml`` is checked in a moment.
"""
