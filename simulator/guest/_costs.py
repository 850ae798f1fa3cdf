"""Modules of lib/ whose computing takes time on a board: loaded through a twin that charges it.

A twin is a fake of the module's name, and so found first; it takes the true module's names for
its own, with those functions in wrappers that simulator/costs.py lists. What a generator of
theirs does is charged slice by slice. Runs on both interpreters.
"""

import _board
import _link


def take_over(name, names):
    """Put everything of the true module into a twin's names."""
    true = _link.true_module(name)
    costs = _board.facts["costs"]
    slices = costs.get("slices", {}).get(name, {})
    calls = costs.get("calls", {}).get(name, {})
    for key in dir(true):
        if key[:2] == "__":
            continue
        value = getattr(true, key)
        if key in slices:
            value = _sliced(value, slices[key])
        elif key in calls:
            value = _called(value, *calls[key])
        names[key] = value


def _sliced(function, us):
    def charged(*args):
        return _slices(function(*args), us)

    return charged


def _slices(generator, us):
    """The same generator; closing this one closes it."""
    try:
        while True:
            try:
                given = next(generator)
            except StopIteration as end:
                _board.spend_us(us)
                return end.value
            _board.spend_us(us)
            yield given
    finally:
        generator.close()


def _called(function, us, size, argument):
    def charged(*args):
        done = function(*args)
        _board.spend_us(us * len(args[argument]) // size)
        return done

    return charged
