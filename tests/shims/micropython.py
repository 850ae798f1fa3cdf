"""MicroPython's own module, as far as pure code needs it, for CPython.

Viper's types stand in annotations only: they become names, and a pointer is its buffer.
"""

import builtins

for _name in ("ptr8", "ptr16", "ptr32"):
    setattr(builtins, _name, lambda buffer: buffer)


def const(value):
    return value


def native(function):
    return function


def viper(function):
    return function
