"""The losses, one file each, chosen by name.

A file has ``LOSS``, a ``pipeline.training.engine.loss.Loss``. Its top level imports no Keras, so that
``params.yaml`` is checked in a moment.
"""
