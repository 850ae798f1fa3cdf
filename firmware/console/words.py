"""Answers put into words: lines of JSON (docs/console.md). Imports json."""

import json

from firmware.console import Refused


def ready(console):
    """The line with which a device on the bench begins."""
    fields = console.call("info", "ready", console.core, console)
    console.out += line_of(("v", 1), ("ev", "ready"), *fields)


def answer(console, head, module, do, request):
    """Have a command carried out; module None: do is why it is refused."""
    if module is None:
        console.out += _refusal(head, do)
        return
    worded(console, head, lambda: console.call(module, do, console.core, console, request))


def worded(console, head, work):
    """Put what some work returns, or why it is refused, into words; a generator goes on."""
    try:
        done = work()
        if type(done) is tuple:
            done = line_of(("v", 1), *head, ("ok", True), *done)
    except Refused as refused:
        done = _refusal(head, *refused.args)
    except OSError:
        done = _refusal(head, "storage")
    except MemoryError:
        done = _refusal(head, "memory")
    if type(done) is str:
        console.out += done
    else:
        console.begin(done, head)


def _refusal(head, word, why=None):
    pairs = head + (("ok", False), ("error", word))
    if why is not None:
        pairs += (("why", "".join([c if " " <= c <= "~" else "?" for c in why])),)
    return line_of(("v", 1), *pairs)


def line_of(*pairs):
    return _object(pairs) + "\n"


def _object(pairs):
    """JSON of pairs, a tuple of them within too: a dict has no order on MicroPython."""
    return "{" + ", ".join(['"' + name + '": ' + _value(value) for name, value in pairs]) + "}"


def _value(value):
    return _object(value) if type(value) is tuple else json.dumps(value)
