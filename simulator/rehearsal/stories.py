"""The evenings that are played: what happens, in words for her contacts, and in commands.

Separate because the words were weighed: they say what happens to her, never which gesture raises
or cancels an alert; who finds the page must not learn it. Knows no device.
"""

from __future__ import annotations

from typing import Callable, NamedTuple

from simulator.rehearsal.person import Person

SHORT_MS, LONG_MS, GAP_MS = 200, 1400, 400
PRESS_S = 125  # all presses are at 21:42 by her clock, whatever a clock rounds
CODES = ("4821", "7350", "1964", "6207", "2583")  # of the TEST; real ones are drawn by the desk
# Falls that most placements feel, tried until one is noticed
FALLS = ("slip", "fall_from_bed", "fall_side", "fall_back", "fall_forward")
WATCH_MIN, DANGER_MIN = 10, 60  # limits that are played in place of longer ones


class Story(NamedTuple):
    """title, what: French, English. tells: whether anybody is to read anything.

    keys: with keys for recordings where she chose them. steps(person, kind) -> YAML lines of
    commands; kinds: played one after another until one tells something. config: over hers.
    """

    key: str
    title: tuple[str, str]
    what: tuple[str, str]
    duration_s: int
    world: str
    steps: Callable[[Person, str], list[str]]
    tells: bool = True
    keys: bool = True
    kinds: tuple[str, ...] = ("",)
    config: tuple[tuple[str, object], ...] = ()


WALK = "sky: open, motion: {kind: walk, speed_cms: 120, heading_deg: 20}"
STILL = "sky: open, motion: worn"
HIDDEN = "sky: none, motion: worn, gnss: {model: l76k, start: cold}"


def stories(person: Person) -> list[Story]:
    """Those that her configuration can have, in the order in which they are told."""
    found = [TEST, DANGER, NO_PLACE, FORCED, OFF_AND_ON, END, WITHDRAWN]
    if any("watch" in contact.roles for contact in person.contacts):
        found.insert(1, WATCH)
    if person.config.get("fall_detection", person.config.get("profile") != "cohabiting"):
        found.insert(4, FALL)
    return found


def shortened(story: Story, person: Person) -> tuple[int, int] | None:
    """(minutes played, hers) where a limit of time is played shorter than it is."""
    for key, minutes in story.config:
        if key.endswith("_max_min") and isinstance(minutes, int):
            hers = person.minutes(key)
            if hers != minutes:
                return minutes, hers
    return None


def press(at_s: int, count: int) -> str:
    return f"{{at: {at_s}s, do: press, count: {count}}}"


def reply(at_s: int, nth: int, text: str) -> str:
    return f"{{at: {at_s}s, do: contact, number: +3363998000{nth}, action: reply, text: {text}}}"


def pattern(letters: str) -> str:
    """The presses and pauses of her own cancel."""
    times: list[int] = []
    for letter in letters:
        times += [LONG_MS if letter == "l" else SHORT_MS, GAP_MS]
    return ", ".join(map(str, times[:-1]))


def _watch_presses(person: Person) -> int:
    return 1 if person.config.get("gestures") == "monsherif" else 2


def _test(person: Person, _kind: str) -> list[str]:
    lines = []
    for nth, code in enumerate(CODES[: len(person.contacts)], 1):
        at_s = PRESS_S + 30 * (nth - 1)
        line = f'{{"do":"test","contact":{nth - 1},"code":"{code}"}}'
        lines.append(f"{{at: {at_s}s, do: console, line: '{line}'}}")
        lines.append(reply(at_s + 20, nth, f"OUI {code}"))
    return lines


def _watch(person: Person, _kind: str) -> list[str]:
    first = next(n for n, one in enumerate(person.contacts, 1) if "watch" in one.roles)
    return [press(PRESS_S, _watch_presses(person)), reply(PRESS_S + 60, first, "OK")]


def _danger(person: Person, _kind: str) -> list[str]:
    letters = person.config.get("cancel_pattern", "lssl")
    cancel = f"{{at: {PRESS_S + 240}s, do: pattern, ms: [{pattern(letters)}]}}"
    return [press(PRESS_S, 3), reply(PRESS_S + 60, 1, "OK"), cancel]


def _no_place(_person: Person, _kind: str) -> list[str]:
    return [press(PRESS_S, 3), f"{{at: {PRESS_S + 90}s, do: sky, class: open}}"]


def _forced(_person: Person, _kind: str) -> list[str]:
    return [
        press(PRESS_S, 3),
        reply(PRESS_S + 40, 1, "OK"),
        f"{{at: {PRESS_S + 90}s, do: press, hold_ms: 3500}}",
    ]


def _fall(_person: Person, kind: str) -> list[str]:
    return [f"{{at: {PRESS_S}s, do: motion, kind: {kind}}}"]


def _off_and_on(_person: Person, _kind: str) -> list[str]:
    off = f"{{at: {PRESS_S + 60}s, do: fault, line: board power_cut for=40min}}"
    return [press(PRESS_S, 3), off]


def _end(_person: Person, _kind: str) -> list[str]:
    return [press(PRESS_S, 3), reply(PRESS_S + 60, 1, "OK")]


def _withdrawn(person: Person, _kind: str) -> list[str]:
    count = _watch_presses(person)
    return [press(PRESS_S, count), f"{{at: {PRESS_S + 6}s, do: press, hold_ms: {LONG_MS}}}"]


TEST = Story(
    "test",
    ("À la remise : le message d'essai", "At hand-over: the test message"),
    (
        "Chaque contact reçoit un message d'essai et répond OUI avec son code.",
        "Each contact gets a test message and replies OUI with its code.",
    ),
    330,
    STILL,
    _test,
    keys=False,
    config=(("mode", "bench"),),
)
WATCH = Story(
    "watch",
    ("{name} n'est pas tranquille", "{name} feels uneasy"),
    (
        "Seuls ceux qu'elle a choisis pour cela sont prévenus. Si elle marche, le lieu suit ; la "
        "veille finit d'elle-même.",
        "Only those she chose for it are told. Where she walks, the place follows; the watch ends "
        "by itself.",
    ),
    PRESS_S + WATCH_MIN * 60 + 90,
    STILL,
    _watch,
    keys=False,
    config=(("watch_max_min", WATCH_MIN),),
)
DANGER = Story(
    "danger",
    ("{name} est en danger, puis annule elle-même", "{name} is in danger, then cancels herself"),
    (
        "Elle marche ; le contact 1 répond OK une minute plus tard. À 21:46 elle annule : il "
        "reste à l'entendre.",
        "She walks; contact 1 replies OK a minute later. At 21:46 she cancels: her voice is still "
        "to be heard.",
    ),
    PRESS_S + 300,
    WALK,
    _danger,
)
NO_PLACE = Story(
    "no_place",
    ("Danger, et le lieu n'est pas encore connu", "Danger, and the place is not known yet"),
    (
        "Sous terre ou dans un immeuble : d'abord l'antenne, puis le lieu dès que le ciel est vu.",
        "Underground or deep indoors: the cell first, the place as soon as the sky is seen.",
    ),
    PRESS_S + 300,
    HIDDEN,
    _no_place,
)
FORCED = Story(
    "forced",
    ("On la force à annuler", "She is forced to cancel"),
    (
        "Le bouton fait croire à une annulation ; le suivi continue.",
        "The button makes believe that it was cancelled; tracking goes on.",
    ),
    PRESS_S + 270,
    WALK,
    _forced,
)
FALL = Story(
    "fall",
    ("{name} tombe et ne réagit pas", "{name} falls and does not react"),
    (
        "Elle n'a pas répondu au signal silencieux du bouton.",
        "She did not answer the button's silent signal.",
    ),
    PRESS_S + 240,
    WALK,
    _fall,
    kinds=FALLS,
)
OFF_AND_ON = Story(
    "off_and_on",
    (
        "Le bouton s'éteint pendant l'alerte, puis se rallume",
        "The button goes off during an alert, and on again",
    ),
    (
        "Batterie vide, ou bouton pris : quarante minutes de silence.",
        "An empty battery, or the button was taken: forty minutes of silence.",
    ),
    PRESS_S + 60 + 2400 + 240,
    STILL,
    _off_and_on,
)
END = Story(
    "end",
    ("L'alerte dure jusqu'à sa limite", "The alert goes on until its limit"),
    (
        "Personne n'annule. {name} ne bouge plus : le lieu n'est redit que de temps en temps.",
        "Nobody cancels. {name} does not move: the place is told only now and then.",
    ),
    PRESS_S + DANGER_MIN * 60 + 90,
    STILL,
    _end,
    config=(("danger_max_min", DANGER_MIN),),
)
WITHDRAWN = Story(
    "withdrawn",
    ("Elle se ravise aussitôt", "She thinks better of it at once"),
    (
        "Retirée avant que rien ne parte : personne ne reçoit rien.",
        "Withdrawn before anything left: nobody receives anything.",
    ),
    PRESS_S + 60,
    STILL,
    _withdrawn,
    tells=False,
    keys=False,
)
