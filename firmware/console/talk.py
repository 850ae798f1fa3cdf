"""Requests understood: what a line asks for, and whether it may (docs/console.md).

Separate from the console, which stays in memory, and from words.py, which puts answers into words:
a board without PSRAM has no room for both at a time. Imports json.
"""

import json

# Module and its commands; of a board without PSRAM, and the others.
_CORE = (
    ("info", " info "),
    ("press", " press "),
    ("power", " lock restart repl "),
    ("unlock", " hello unlock "),
    ("files", " put get remove "),
    ("settings", " service mode "),
)
_MORE = (
    ("counters", " counters "),
    ("selftest", " selftest "),
    ("flash", " partition hash read "),
    ("record", " record "),
    ("rehearse", " rehearse "),
    ("contact", " test "),
    ("wipe", " wipe "),
)
_GREETINGS = " hello unlock "
_IN_ALERT = " info counters hello unlock lock restart press "
_ON_THE_BENCH = " press service "


def understood(console, line, is_long):
    """(pairs that begin its answers, module, command, request), or (pairs, None, error, None).

    None for what is not to be answered.
    """
    request = None if is_long else _parsed(line)
    if console.locked:
        if request is None or request.get("v", 1) != 1:
            return None
        if not _is_in(request.get("do"), _GREETINGS):
            return None
    if request is None:
        word = "long" if is_long else "json"
        return ((), None, word, None) if is_long or line.strip() else None
    number = request.get("id")
    head = (("id", number),) if type(number) is int and abs(number) < 1 << 31 else ()
    module, word = _found(console, request, request.get("do"))
    return head, module, word, request


def _found(console, request, do):
    """(module, command), or (None, error)."""
    if request.get("v", 1) != 1:
        return None, "version"
    core = console.core
    found = None
    for module, commands in _CORE if core.board.accel is None else _CORE + _MORE:
        if _is_in(do, commands):
            found = module
    if found is None:
        return None, "unknown"
    if core.alert_open() and not _is_in(do, _IN_ALERT):
        return None, "busy"
    if console.field:
        if _is_in(do, _ON_THE_BENCH):
            return None, "locked"
        if not console.locked:
            console.stay()
    return found, do


def _is_in(do, commands):
    """Whether it is one of these words, each between two blanks."""
    return type(do) is str and " " not in do and " " + do + " " in commands


def _parsed(line):
    """The object of a line; None for anything else."""
    try:
        request = json.loads(bytes(line).decode())
    except (ValueError, TypeError, RuntimeError, MemoryError):  # RuntimeError: nested too deeply
        return None
    return request if type(request) is dict else None
