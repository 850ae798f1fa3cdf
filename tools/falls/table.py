"""What the bench of falls prints: a table of the variants, and a line for each stream.

Separate from what is measured.
"""

from __future__ import annotations

from typing import Any

from tools.falls import evaluate, scoring

_ROW = "{:<31}{:>22}{:>22}{:>20}{:>11}{:>6}{:>6}{:>5}"
HEAD = _ROW.format(
    "", "sensitivity, %", "specificity, %", "false alarms/h", "60+ (/h)", "cost", "wait", "s"
)
NOTE = (
    "Intervals of 95 %: by trials (Wilson, Garwood) or by people (bootstrap), the wider of both;"
    " 60+: false\nalarms of people of 60 and over, and the upper limit of their rate; cost: points"
    " lost by the condition;\nwait: seconds from an impact to its alarm, at most."
)


def line(row: dict[str, Any]) -> str:
    """One row: figures with their intervals."""
    cells = [
        evaluate.figure(name, row[name], widest(row, name)).replace(" %", "").replace(" to ", "-")
        for name in ("sensitivity", "specificity", "false_alarms_per_hour")
    ]
    cost = "" if row["cost_points"] is None else f"{row['cost_points']:.2f}"
    wait = "" if row["decision_s_max"] is None else f"{row['decision_s_max']:.2f}"
    return _ROW.format(row["name"], *cells, _old(row), cost, wait, f"{row['seconds']:.0f}")


def widest(found: dict[str, Any], name: str) -> list[float] | None:
    return scoring.wider(found["ci95"][name], found["ci95_by_subject"][name])


def _old(row: dict[str, Any]) -> str:
    group = row["by_age_group"].get(scoring.OLD)
    rate = group and group["ci95"]["false_alarms_per_hour"]
    return f"{group['fp']} (<{rate[1]:.2f})" if group and rate else ""


def of_stream(found: dict[str, Any]) -> str:
    """A line on hours without a pause."""
    text = f"{found['name']}: {found['fp']} alarms in {found['hours']:.2f} h"
    if found["ci95"]["false_alarms_per_hour"]:
        text += f", fewer than {found['ci95']['false_alarms_per_hour'][1]:.2f} an hour"
    if "trial_by_trial" in found:
        text += f" (trial by trial: {found['trial_by_trial']}; at seams: {found['at_seams']})"
    if found.get("faults"):
        text += f"; the chip was held for faulty {found['faults']} times"
    return text
