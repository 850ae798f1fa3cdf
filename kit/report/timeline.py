"""What happened when, in both languages: events, messages, cells, battery, the end.

Separate because the words for every code of docs/ev1.md, "Records", stand here. A contact is a
number in her order; its telephone number is in no recording. Pure.
"""

from __future__ import annotations

from typing import NamedTuple

from kit.notes import CLASSES
from kit.records import CELL, CLOSE, CONFIG, EVENT, FOUND, POWER, Close, LogConfig, Record

Both = tuple[str, str]  # French, English

TRIGGERS: dict[int, Both] = {
    1: ("alerte danger", "danger alert"),
    2: ("geste « preuve seule »", "evidence-only gesture"),
    3: ("chute", "fall"),
}
GESTURES: dict[int, Both] = {
    1: ("veille", "watch"),
    2: ("danger", "danger"),
    3: ("contrôle", "check"),
    4: ("preuve seule", "evidence only"),
    5: ("retrait", "withdrawal"),
    6: ("annulation vraie", "true cancel"),
    7: ("annulation leurre", "decoy cancel"),
    8: ("danger, de nouveau", "danger again"),
}
ALERTS: dict[int, Both] = {1: ("veille", "watch"), 2: ("danger", "danger"), 3: ("chute", "fall")}
REASONS: dict[int, Both] = {
    1: ("trente minutes sans geste", "thirty minutes without a gesture"),
    2: ("deux heures", "two hours"),
    3: ("fin de l'alerte ou geste", "end of the alert, or a gesture"),
    4: ("mémoire pleine", "storage full"),
    5: ("batterie faible", "low battery"),
    6: ("microphone perdu", "microphone gone"),
}
LOSSES: dict[int, Both] = {
    1: ("mémoire flash occupée ou interruption masquée", "flash or interrupt masked"),
    2: ("tampon plein", "buffer full"),
    3: ("microphone redémarré", "microphone restarted"),
}
SOURCES: dict[str, Both] = {
    "GNSS": ("satellites (GNSS)", "satellites (GNSS)"),
    "network": ("réseau mobile", "mobile network"),
    "desk": ("réglage au bureau", "set at the desk"),
}
RECEIVERS: dict[int, Both] = {
    0: ("inconnu", "unknown"),
    1: ("L76K", "L76K"),
    2: ("u-blox", "u-blox"),
    3: ("MTK", "MTK"),
    4: ("dans le modem", "in the modem"),
}
_EVENTS: dict[int, Both] = {
    1: ("bouton enfoncé", "button down"),
    2: ("bouton relâché", "button up"),
    8: ("alerte terminée (motif {})", "alert ended (reason {})"),
    10: ("défaut du microphone", "microphone fault"),
    11: ("mémoire presque pleine", "storage nearly full"),
    12: (
        "une écriture en mémoire flash a échoué, puis a été répétée",
        "a flash write failed and was repeated",
    ),
    13: ("{} enregistrements oubliés, file pleine", "{} records forgotten, queue full"),
}
_CONTACTS: dict[int, Both] = {
    4: (
        "message au contact {} accepté par le réseau",
        "message to contact {} taken by the network",
    ),
    5: ("message remis au contact {}", "message delivered to contact {}"),
    6: ("réponse du contact {}", "answer of contact {}"),
}
_OTHER: Both = ("code {}", "code {}")


class Happening(NamedTuple):
    """One line; sealed: fixed by a seal, not by the shared key alone."""

    at_ms: int
    fr: str
    en: str
    sealed: bool


def happenings(records: list[Record], whole: bool) -> list[Happening]:
    """In order of time. whole: with cells, and with what was found of earlier recordings."""
    found = []
    for record in records:
        words = _words(record, whole)
        if words is not None:
            found.append(Happening(record.at_ms, *words, record.sealed))
    return sorted(found, key=lambda one: one.at_ms)


def _words(record: Record, whole: bool) -> Both | None:
    value = record.value
    if record.type == EVENT:
        return _event(value.kind, value.value)
    if record.type == CONFIG and isinstance(value, LogConfig):
        return _join(("déclenchement : {}", "trigger: {}"), _named(TRIGGERS, value.trigger))
    if record.type == POWER:
        french, english = ("en charge", "charging") if value.charging else ("", "")
        volts = f"{value.battery_mv / 1000:.2f} V"
        return f"batterie {volts} {french}".strip(), f"battery {volts} {english}".strip()
    if record.type == CLOSE:
        return _close(value, record.class_)
    if whole and record.type == CELL:
        return f"antenne {value}", f"cell {value}"
    if whole and record.type == FOUND:
        seal = "-" if value.last_seal is None else str(value.last_seal)
        return (
            f"trouvé au démarrage : enregistrement {value.q}, dernier sceau {seal}",
            f"state found at the start: recording {value.q}, last seal {seal}",
        )
    return None


def _event(kind: int, value: int) -> Both:
    if kind == 3:
        return _join(("geste : {}", "gesture: {}"), _named(GESTURES, value))
    if kind == 7:
        return _join(("alerte commencée : {}", "alert begun: {}"), _named(ALERTS, value))
    if kind == 9:
        score = (str(value - (1 << 31)),) * 2
        return _join(("chute soupçonnée (score {})", "fall suspected (score {})"), score)
    if kind in _CONTACTS:
        return _join(_CONTACTS[kind], (str(value + 1),) * 2)
    if kind in _EVENTS:
        return _join(_EVENTS[kind], (str(value),) * 2)
    return f"événement {kind} ({value})", f"event {kind} ({value})"


def _close(value: Close, class_: int) -> Both:
    reason = _named(REASONS, value.reason)
    french, english = CLASSES["fr"][class_], CLASSES["en"][class_]
    return f"{french} clos : {reason[0]}", f"{english} closed: {reason[1]}"


def _named(table: dict[int, Both], code: int) -> Both:
    return table.get(code) or _join(_OTHER, (str(code),) * 2)


def _join(frame: Both, values: Both) -> Both:
    return frame[0].format(values[0]), frame[1].format(values[1])
