"""`micropython` on CPython: decorators do nothing, schedule runs at once."""

_waiting = []
_running = False


def const(value):
    return value


def native(function):
    return function


viper = bytecode = asm_xtensa = native


def opt_level(*level):
    return None if level else 0


def alloc_emergency_exception_buf(size):
    pass


def kbd_intr(char):
    pass


def mem_info(*verbose):
    pass


def qstr_info(*verbose):
    pass


def stack_use():
    return 1024


def heap_lock():
    return 1


def heap_unlock():
    return 0


def schedule(function, argument):
    """Run function(argument) soon: at once, or after the one that runs now."""
    global _running
    if len(_waiting) >= 8:
        raise RuntimeError("schedule queue full")
    _waiting.append((function, argument))
    if _running:
        return
    _running = True
    try:
        while _waiting:
            function, argument = _waiting.pop(0)
            function(argument)
    finally:
        _running = False
