"""`gc` on CPython: the figures of a board, for programs that only look at them."""


def collect():
    return 0


def mem_free():
    return 120000


def mem_alloc():
    return 45000


_enabled = True


def enable():
    global _enabled
    _enabled = True


def disable():
    global _enabled
    _enabled = False


def isenabled():
    return _enabled


def threshold(*amount):
    return None if amount else -1
