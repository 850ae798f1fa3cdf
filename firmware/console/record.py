"""A recording of a few seconds, to be decrypted at the desk: evidence alone, nobody is told."""

from firmware.console import Refused
from firmware.console.values import whole
from firmware.evidence_messages import (
    BY_GESTURE,
    END_CANCELLED,
    EvidenceFault,
    RecordingClosed,
    StartRecording,
    StopRecording,
)

_CLOSING_MS = 60000  # it is given to write what it holds, and its last seal
_LOOK_MS = 100
_IN_VAIN = ("agreement", "full", "absent")  # faults with which it does not record


def record(core, console, request):
    seconds = whole(request, "seconds", 1, 60)
    evidence = core.kept("evidence")
    if evidence is None or core.next_q() is None:
        raise Refused("absent")
    if core.is_recording():
        raise Refused("busy")
    return _record(core, console, evidence, seconds * 1000)


def _record(core, console, evidence, for_ms):
    heard = _Heard()
    console.takes.append(heard.take)
    try:
        core.ask(evidence, "execute", StartRecording(BY_GESTURE), console.now_ms)
        yield from _until(console, heard, for_ms)
        if heard.closed is None:
            core.end_recording(StopRecording(END_CANCELLED))
            yield from _until(console, heard, _CLOSING_MS)
    finally:
        console.takes.remove(heard.take)
        if heard.closed is None:
            core.end_recording(StopRecording(END_CANCELLED))
    if heard.closed is None or heard.closed.reason == 0:
        raise Refused("storage")
    return (("q", heard.closed.q),)


def _until(console, heard, for_ms):
    end_ms = console.now_ms + for_ms
    while console.now_ms < end_ms and heard.closed is None:
        if heard.fault:
            raise Refused("absent" if heard.fault == "absent" else "storage")
        yield _LOOK_MS


class _Heard:
    def __init__(self):
        self.closed = None
        self.fault = ""

    def take(self, event, _now_ms):
        if isinstance(event, RecordingClosed):
            self.closed = event
        elif isinstance(event, EvidenceFault) and event.reason in _IN_VAIN:
            self.fault = event.reason
