"""The words around the messages, French first: for the terminal and for the page.

Separate so that somebody who speaks the language can correct them in one place. Pure.
"""

from __future__ import annotations

from simulator.rehearsal.person import Contact, Person
from simulator.rehearsal.play import Played
from simulator.rehearsal.stories import shortened

LANGUAGES = ("fr", "en")
ROLES = {
    "danger": ("danger", "danger"),
    "watch": ("veille", "watch"),
    "technical": ("technique", "technical"),
}
WORDS = {
    "title": ("Répétition : ce que vous liriez", "Rehearsal: what you would read"),
    "lead": (
        "Les messages ci-dessous sont ceux que le bouton de {name} enverrait, mot pour mot, "
        "composés par son propre logiciel avec ses réglages. La soirée, le lieu (Lyon) et les "
        "délais du réseau sont inventés. Rien n'a été envoyé à personne.",
        "The messages below are those that the button of {name} would send, word for word, "
        "written by its own firmware with its settings. The evening, the place (Lyon) and the "
        "delays of the network are made up. Nothing was sent to anybody.",
    ),
    "secret": (
        "Ne laissez pas cette page à la vue de qui la menace.",
        "Do not leave this page where whoever threatens her can see it.",
    ),
    "contact": ("Contact {nth}", "Contact {nth}"),
    "witness": ("Témoin (codes seuls)", "Witness (codes alone)"),
    "nothing": ("(rien)", "(nothing)"),
    "answers": ("répond", "replies"),
    "shortened": (
        "Joué avec une limite de {minutes} min ; la sienne est de {hers} min.",
        "Played with a limit of {minutes} min; hers is {hers} min.",
    ),
    "no_fall": (
        "Dans cette soirée inventée, le bouton n'a pas remarqué la chute : cela arrive.",
        "On this made-up evening the button did not notice the fall: it happens.",
    ),
    "broken": (
        "Cette soirée ne s'est pas jouée comme elle devait : prévenez l'association.",
        "This evening was not played as it should: tell the association.",
    ),
}


def word(key: str, language: str, **values: object) -> str:
    return WORDS[key][LANGUAGES.index(language)].format(**values)


def heading(played: Played, person: Person, language: str) -> str:
    return played.story.title[LANGUAGES.index(language)].format(name=person.name)


def lines(played: Played, person: Person, language: str) -> list[str]:
    """What is said of a story before its messages."""
    said = [played.story.what[LANGUAGES.index(language)].format(name=person.name)]
    limits = shortened(played.story, person)
    if limits is not None:
        said.append(word("shortened", language, minutes=limits[0], hers=limits[1]))
    if not played.whole:
        said.append(word("no_fall" if played.missed else "broken", language))
    return said


def who(nth: int, contact: Contact, language: str) -> str:
    """ "Contact 1 (…01): danger, veille"."""
    at = LANGUAGES.index(language)
    roles = ", ".join(ROLES[role][at] for role in contact.roles if role in ROLES)
    tail = f" ({contact.tail})" if contact.tail else ""
    between = " : " if language == "fr" else ": "
    return word("contact", language, nth=nth) + tail + (between + roles if roles else "")
