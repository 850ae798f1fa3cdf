"""A rehearsal as one page: self-contained, nothing fetched, nothing run; French first.

Separate from what is played. Written without a template engine, which the simulator does not
need otherwise; every text is escaped where it is put in. Pure.
"""

from __future__ import annotations

from html import escape

from simulator.rehearsal.person import Person
from simulator.rehearsal.play import Played, Text
from simulator.rehearsal.words import LANGUAGES, heading, lines, who, word

_STYLE = """
* { box-sizing: border-box; }
body { font: 16px/1.45 "DejaVu Sans", Verdana, Arial, sans-serif; margin: 0 auto; color: #111;
  max-width: 1500px; padding: 20px; background: #fff; }
h1 { font-size: 24px; line-height: 1.2; margin: 0 0 8px; }
h2 { font-size: 19px; margin: 36px 0 6px; border-bottom: 2px solid #111; }
h3 { font-size: 14px; margin: 0 0 8px; }
p { margin: 0 0 8px; max-width: 75ch; }
.secret { font-weight: bold; }
section[lang] + section[lang] { margin-top: 60px; border-top: 6px double #111; padding-top: 20px; }
.phones { display: grid; grid-template-columns: repeat(auto-fit, minmax(250px, 1fr)); gap: 14px; }
.phone { border: 1px solid #888; border-radius: 12px; padding: 12px; background: #f4f4f1; }
.text { background: #fff; border: 1px solid #bbb; border-radius: 10px; padding: 7px 9px;
  margin: 0 0 8px; overflow-wrap: anywhere; font-size: 14px; line-height: 1.4; }
.sent { background: #dcf0dc; margin-left: 30%; }
.text time { display: block; font-size: 12px; color: #444; }
.nothing { color: #555; font-size: 14px; }
@media print { body { font-size: 10pt; padding: 0; } .phone { break-inside: avoid; } }
"""


def page(person: Person, played: list[Played]) -> str:
    """The whole of it."""
    title = escape(word("title", "fr"))
    parts = [
        '<!DOCTYPE html>\n<html lang="fr">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        '<meta name="robots" content="noindex">',
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        *(_section(person, played, language) for language in LANGUAGES),
        "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _section(person: Person, played: list[Played], language: str) -> str:
    parts = [
        f'<section lang="{language}">',
        f"<h1>{escape(word('title', language))}</h1>",
        f"<p>{escape(word('lead', language, name=person.name))}</p>",
        f'<p class="secret">{escape(word("secret", language))}</p>',
    ]
    for one in played:
        parts.append(f"<h2>{escape(heading(one, person, language))}</h2>")
        parts += [f"<p>{escape(line)}</p>" for line in lines(one, person, language)]
        parts.append('<div class="phones">')
        for nth, (contact, texts) in enumerate(zip(person.contacts, one.rows), 1):
            parts.append(_phone(who(nth, contact, language), texts, person, language))
        if person.witness:
            parts.append(_phone(word("witness", language), one.witness, person, language))
        parts.append("</div>")
    return "\n".join([*parts, "</section>"])


def _phone(name: str, texts: list[Text], person: Person, language: str) -> str:
    shown = [f'<div class="phone"><h3>{escape(name)}</h3>']
    spoken = person.config.get("language", "fr")
    for one in texts:
        style = "text sent" if one.sent else "text"
        shown.append(
            f'<div class="{style}" lang="{spoken}"><time>{one.clock}</time>'
            f"{escape(one.text)}</div>"
        )
    if not texts:
        shown.append(f'<p class="nothing">{escape(word("nothing", language))}</p>')
    return "\n".join([*shown, "</div>"])
