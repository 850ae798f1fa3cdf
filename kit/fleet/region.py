"""The report for the region: a handful of counts of one period, as JSON, CSV and a page.

Separate because it is the only thing that leaves the desk. Nothing in it is about one device.
The page is one file that runs nothing and fetches nothing. Pure.
"""

from __future__ import annotations

import csv
import io
import json
from html import escape
from typing import Any

from kit.fleet import french
from kit.fleet.period import Period
from kit.fleet.tally import CLASSES, Counts, Sums
from kit.fleet.withhold import LEAST, parts, single


def visible(sums: Sums) -> dict[str, int | None]:
    """The counts by name, None where one is withheld; in the order of the report.

    Of fewer than 5 devices nothing is told: however often it was, it would be of so few people.
    """
    counts = sums.counts if sums.counted >= LEAST else Counts(0, 0, 0, 0, (0,) * len(CLASSES))
    total = counts.alerts + counts.falls
    kinds = parts(total, [counts.alerts, counts.falls])
    causes = parts(total, [counts.false_alarms, total - counts.false_alarms])
    return {
        "devices_out": single(sums.out),
        "failures": single(counts.failures),
        "alerts_and_falls": single(total),
        **dict(zip(("alerts", "falls"), kinds)),
        **dict(zip(("false_alarms", "other"), causes)),
        **dict(zip(CLASSES, parts(total, list(counts.accepted)))),
    }


def as_json(name: str, period: Period, counts: dict[str, int | None]) -> dict[str, Any]:
    """withheld_below: null stands for a lower count, or for one that would give it away."""
    return {
        "format": 1,
        "association": name,
        "period": period._asdict(),
        "withheld_below": LEAST,
        "counts": counts,
    }


def as_csv(period: Period, counts: dict[str, int | None]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["period", "count_of", "count"])
    for key, count in counts.items():
        writer.writerow([period.name, key, "" if count is None else count])
    return text.getvalue()


def as_lines(name: str, period: Period, counts: dict[str, int | None]) -> list[str]:
    said = [f"{name}, {period.name} ({period.first} - {period.last})"]
    for key, count in counts.items():
        said.append(f"{key:18}{'withheld' if count is None else count:>10}")
    return said


def as_page(name: str, period: Period, counts: dict[str, int | None]) -> str:
    first, last = _french_day(period.first), _french_day(period.last)
    body = [f"<h1>{french.TITLE}</h1>", f"<p><b>{escape(name)}</b></p>"]
    body.append(f"<p>{french.PERIOD.format(first=first, last=last)}</p>")
    body += [_table(title, keys, counts) for title, keys in french.SECTIONS]
    body.append("<h2>Comment lire ce rapport</h2>")
    body += [f"<p>{note}</p>" for note in french.NOTES]
    title = f"{french.TITLE}, {period.name}"
    return _PAGE.format(title=title, style=_STYLE, body="\n".join(body))


def _table(title: str, keys: list[str], counts: dict[str, int | None]) -> str:
    head = "".join(f'<th scope="col">{cell}</th>' for cell in french.HEAD)
    lines = [f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>"]
    for key in keys:
        count = counts[key]
        shown = french.WITHHELD if count is None else str(count)
        lines.append(f'<tr><th scope="row">{french.LABELS[key]}</th><td>{shown}</td></tr>')
    return "\n".join(lines) + "\n</tbody></table>"


def _french_day(day: str) -> str:
    return "/".join(reversed(day.split("-")))


def as_files(name: str, period: Period, counts: dict[str, int | None]) -> dict[str, str]:
    """The text of each file by its name."""
    stem = f"report-{period.name}"
    as_text = json.dumps(as_json(name, period, counts), indent=1, ensure_ascii=False)
    return {
        f"{stem}.json": as_text + "\n",
        f"{stem}.csv": as_csv(period, counts),
        f"{stem}.html": as_page(name, period, counts),
    }


_STYLE = """
body { font: 12pt/1.5 Verdana, Arial, sans-serif; max-width: 170mm; margin: 0 auto; padding: 8mm;
  color: #000; background: #fff; }
h1 { font-size: 18pt; line-height: 1.2; }
h2 { font-size: 13pt; }
table { border-collapse: collapse; width: 100%; margin: 0 0 6mm; break-inside: avoid; }
caption { text-align: left; font-weight: bold; padding: 1mm 0; }
th, td { border: .5pt solid #777; padding: 1mm 2mm; text-align: left; font-weight: normal; }
thead th { background: #eee; }
td, thead th:last-child { text-align: right; width: 25mm; }
"""

_PAGE = """<!DOCTYPE html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""
