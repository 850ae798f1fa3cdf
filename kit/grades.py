"""From what was found to one letter: docs/ev1.md, "Grades".

Separate so that the rule can be read in one place. Pure.
"""

from __future__ import annotations

from kit.recording import Recording

GRADES = ("A", "B", "B0", "C", "D")


def grade(recording: Recording) -> str:
    """The first that applies: what is false counts more than what is damaged or missing."""
    if recording.faults:
        return "D"
    if not recording.seals.valid:
        return "B0"
    if recording.damaged:
        return "C"
    return "A" if recording.complete else "B"
