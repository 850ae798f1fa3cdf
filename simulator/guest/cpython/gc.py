"""`gc` on CPython: the figures of a board, for programs that only look at them."""


def collect():
    return 0


def mem_free():
    return 120000


def mem_alloc():
    return 45000


def enable():
    pass


def disable():
    pass


def isenabled():
    return True


def threshold(*amount):
    return None if amount else -1
