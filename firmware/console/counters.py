"""What has happened lately, for those who look for a fault: counts and words of the code."""

from firmware import fall_log


def counters(core, _console, _request):
    boots, fault, restarts = core.board.counters()
    names = [kept.name for kept in core.supervisor.services]
    told = []
    for index, count in enumerate(restarts):
        if count:
            name = names[index] if index < len(names) else "watchdog"
            told.append((name, count))
    suspected, cancelled = fall_log.counts(core.files)
    return (
        ("boots", boots),
        ("last_fault", fault),
        ("restarts", tuple(told)),
        ("falls", suspected),
        ("cancelled", cancelled),
        ("trace", [list(note) for note in core.trace.notes()]),
    )
