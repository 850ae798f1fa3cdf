"""MicroPython's own module, as far as pure code needs it, for CPython."""


def const(value):
    return value


def native(function):
    return function


def viper(function):
    return function
