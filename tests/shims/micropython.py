"""MicroPython's own module, as far as pure code needs it, for CPython."""

import builtins

# The pointers of viper code, which it names without an import. Words are seen as the board sees
# them: 16 bits without a sign, 32 bits with one.
builtins.ptr8 = lambda view: view
builtins.ptr16 = lambda view: memoryview(view).cast("B").cast("H")
builtins.ptr32 = lambda view: memoryview(view).cast("B").cast("i")
builtins.uint = int


def const(value):
    return value


def native(function):
    return function


def viper(function):
    return function
