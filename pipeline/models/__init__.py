"""The architectures. One file each: ``Params`` says what can be set, ``build`` makes the net.

A file's top level imports no Keras: it is loaded with the first call of ``build``, so that ``params.yaml`` is checked in a moment.
"""
