"""The messages as her contacts will read them, on an example evening: for the page they keep.

Separate because each is written out here a second time, from BEHAVIOUR.md section 6, and a test
holds it against what the firmware composes: whoever changes a message has to change this page
too. What the firmware does not send (batteries) is not here. Pure.
"""

from __future__ import annotations

from typing import NamedTuple

LENGTH_MAX = 160
PRESS, CODE, ANSWER = "21:42", "3oQx7Yp2LkW9aZbT41", "4821"
LINK = "https://maps.google.com/?q=45.76043,4.83566"
CELL = "208-01-1A2B-0123456"
WATCH, DANGER, NO_FIX, FALL = "watch", "danger", "danger?", "fall"
REFINED, TRACK, CANCELLED, DURESS = "refined", "track", "cancel", "duress"
END, ON_AGAIN, WATCH_END, TEST = "end", "resume", "watch_end", "test"
KINDS = (
    *(TEST, WATCH, DANGER, NO_FIX, FALL, REFINED, TRACK),
    *(CANCELLED, DURESS, ON_AGAIN, END, WATCH_END),
)


class Place(NamedTuple):
    """A position as it is told: within so many metres, at this time."""

    radius_m: int
    at: str


PLACES = {
    WATCH: Place(25, "21:41"),
    DANGER: Place(25, "21:41"),
    FALL: Place(25, "21:41"),
    REFINED: Place(8, "21:43"),
    TRACK: Place(12, "21:46"),
    DURESS: Place(12, "21:57"),
    ON_AGAIN: Place(25, "23:09"),
}
BATTERY = {REFINED: 79, TRACK: 78}  # percent, else 80

_FRENCH = {
    TEST: "TEST, aucun danger. Bouton de {name}: enregistrez ce numéro dans vos contacts, puis "
    "répondez OUI {answer} si vous acceptez d'etre prévenu. Sinon répondez NON.",
    WATCH: "{name} n'est pas tranquille, 21:42. Restez joignable, ne l'appelez pas. "
    "{place}.{battery}{reply}",
    DANGER: "DANGER {name} 21:42. Appelez le 17, lisez-leur ce lieu. Ne l'appelez pas. "
    "{place}.{battery}{reply}",
    NO_FIX: "DANGER {name} 21:42. Appelez le 17. Ne l'appelez pas. Lieu inconnu, antenne {cell}, "
    "dites-la au 17. Lieu suivra.{battery}{reply}",
    FALL: "CHUTE {name} 21:42, pas de réaction. Appelez le 112, lisez ce lieu. Ne l'appelez pas. "
    "{place}.{reply}",
    REFINED: "{name}, lieu plus précis: {place}. Alerte en cours, donnez-le au 17.{battery}{code}",
    TRACK: "{name}, suivi 3: {place}. L'alerte continue.{battery}{code}",
    CANCELLED: "{name} a annulé à 21:58 l'alerte de 21:42. Vérifiez DE VIVE VOIX avec le mot "
    "convenu. Pas de mot, ou doute: appelez le 17.",
    DURESS: "{name}: annulation peut-etre FORCEE à 21:58. DANGER: appelez le 17, ne l'appelez "
    "pas. {place}",
    ON_AGAIN: "{name}: bouton rallumé à 23:10. L'alerte du 05/11 21:42 N'EST PAS levée, appelez "
    "le 17. {place}",
    END: "{name}: fin du suivi à 09:42 (durée maximale). Ce N'EST PAS un retour au calme. Si "
    "personne ne lui a parlé, appelez le 17.{code}",
    WATCH_END: "{name}: fin de la veille de 21:42, à 22:42. Plus de suivi. Si vous ne l'avez pas "
    "eue de vive voix, prenez de ses nouvelles comme convenu.",
    "place": "{link} +/-{radius}m à {at}",
    "battery": " Bat {percent}%.",
    "reply": " Répondez OK",
    "reply, short": " Rép. OK",
    "code": " Code {code}",
}
_ENGLISH = {
    TEST: "TEST, no danger. {name}'s button: save this number in your contacts, then reply "
    "OUI {answer} if you agree to be warned. If not, reply NON.",
    WATCH: "{name} feels uneasy, 21:42. Stay reachable, do not call her. {place}.{battery}{reply}",
    DANGER: "DANGER {name} 21:42. Call 17 or 112, read them this place. Do not call her. "
    "{place}.{battery}{reply}",
    NO_FIX: "DANGER {name} 21:42. Call 17 or 112. Do not call her. Place unknown, cell {cell}, "
    "tell the police. Place to follow.{battery}{reply}",
    FALL: "FALL {name} 21:42, no reaction. Call 112, read them this place. Do not call her. "
    "{place}.{reply}",
    REFINED: "{name}, better place: {place}. Alert goes on, give it to 17.{battery}{code}",
    TRACK: "{name}, track 3: {place}. Alert goes on.{battery}{code}",
    CANCELLED: "{name} cancelled at 21:58 the alert of 21:42. Check BY VOICE with the agreed "
    "word. No word, or any doubt: call 17.",
    DURESS: "{name}: FORCED or unsure cancel at 21:58. DANGER GOES ON: call 17 or 112, do not "
    "call her. {place}",
    ON_AGAIN: "{name}: button on again at 23:10. The alert of 05/11 21:42 is NOT over, call 17 "
    "or 112. {place}",
    END: "{name}: tracking ended at 09:42 (time limit). This does NOT mean she is safe. If nobody "
    "has spoken to her, call 17 or 112.{code}",
    WATCH_END: "{name}: watch of 21:42 ended at 22:42. No more tracking. If you have not heard "
    "her voice, check on her as agreed.",
    "place": "{link} +/-{radius}m at {at}",
    "battery": " Batt {percent}%.",
    "reply": " Reply OK",
    "reply, short": " Reply OK",
    "code": " Code {code}",
}


def message(kind: str, language: str, name: str, recorded: bool) -> str:
    """A message of KINDS in at most 160 letters of the GSM alphabet, each of one septet.

    recorded: there is a code. On this evening one step of what the button leaves out is enough:
    the battery, and the long form of the request for an answer.
    """
    words = _FRENCH if language == "fr" else _ENGLISH
    text = _write(words, kind, name, recorded, True)
    return text if len(text) <= LENGTH_MAX else _write(words, kind, name, recorded, False)


def _write(words: dict[str, str], kind: str, name: str, recorded: bool, whole: bool) -> str:
    place = ""
    if kind in PLACES:
        radius_m, at = PLACES[kind]
        place = words["place"].format(link=LINK, radius=radius_m, at=at)
    return words[kind].format(
        name=name,
        place=place,
        cell=CELL,
        battery=words["battery"].format(percent=BATTERY.get(kind, 80)) if whole else "",
        reply=words["reply" if whole else "reply, short"],
        code=words["code"].format(code=CODE) if recorded else "",
        answer=ANSWER,
    )
