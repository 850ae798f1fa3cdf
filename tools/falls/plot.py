"""The picture of the bench: how sensitivity and false alarms trade, and where the errors are.

Separate because it alone needs matplotlib (the extra `falls`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import matplotlib.pyplot as plt

from tools.falls.evaluate import HONEST, REAL_LIFE

_ZERO = 0.0005  # an hour: where no false alarm at all is drawn, on an axis that has no zero


def draw(path: Path, curves: Sequence[dict[str, Any]], row: dict[str, Any]) -> None:
    """Write the picture; curves: of the bench; row: the one whose errors are to be seen."""
    plt.switch_backend("Agg")  # no display is needed
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 7))
    _draw_curves(left, curves)
    _draw_errors(right, row)
    figure.suptitle("Acted falls: flattering, and not what to expect in real life")
    figure.text(0.5, 0.01, "\n".join(HONEST), ha="center", va="bottom", fontsize=7, wrap=True)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _draw_curves(axes: Any, curves: Sequence[dict[str, Any]]) -> None:
    for number, curve in enumerate(curves):
        rates = [max(point["false_alarms_per_hour"], _ZERO) for point in curve["points"]]
        shares = [100 * point["sensitivity"] for point in curve["points"]]
        (line,) = axes.plot(rates, shares, label=curve["name"])
        beside = _ZERO * 1.3**number  # so that several of none at all are all seen
        rate, share = max(curve["false_alarms_per_hour"], beside), 100 * curve["sensitivity"]
        reach = {"xerr": _reach(curve, "false_alarms_per_hour", 1, rate)}
        reach["yerr"] = _reach(curve, "sensitivity", 100, share)
        axes.errorbar(rate, share, **reach, fmt="o", capsize=3, color=line.get_color())
    for study, below in zip(REAL_LIFE, (-2, -2, 1)):
        rate = study["false_alarms_per_hour"]
        low, high = rate if isinstance(rate, list) else (rate, rate)
        share = 100 * study["sensitivity"]
        axes.plot([low, high], [share, share], "k:", marker="|")
        axes.annotate(f"{study['study']} (real falls)", (low, share + below), fontsize=7)
    axes.set_xscale("log")
    axes.set_ylim(50, 100.5)
    axes.set_xlabel(f"false alarms an hour of activity (none at all: at {_ZERO})")
    axes.set_ylabel("sensitivity, %")
    axes.set_title(
        "acted falls; lines: threshold swept; dots: the threshold\n"
        "as shipped, with the confidence of 95 %",
        fontsize=10,
    )
    axes.grid(True, which="both", alpha=0.2)
    axes.legend(fontsize=8, loc="lower right")


def _reach(curve: dict[str, Any], name: str, scale: int, value: float) -> list[list[float]]:
    """How far the interval of a dot goes to both sides, as errorbar wants it."""
    low, high = (scale * end for end in curve["ci95"][name])
    return [[max(0.0, value - max(low, _ZERO))], [max(0.0, high - value)]]


def _draw_errors(axes: Any, row: dict[str, Any]) -> None:
    errors = row["by_activity"]
    names = sorted(errors, reverse=True)
    axes.barh(names, [errors[name]["fn"] for name in names], color="tab:red", label="missed falls")
    axes.barh(
        names, [errors[name]["fp"] for name in names], color="tab:orange", label="false alarms"
    )
    for name in names:
        wrong, total = errors[name]["fn"] + errors[name]["fp"], errors[name]["trials"]
        axes.annotate(f" {wrong} of {total}", (wrong, name), fontsize=6, va="center")
    most = max(max(errors[name]["fn"], errors[name]["fp"]) for name in names)
    axes.set_xlim(0, 1.15 * max(most, 4))
    axes.set_xlabel("errors")
    how = "each person judged by a model without them" if row["cross_validated"] else "as shipped"
    axes.set_title(f"{row['data']}: acted falls, {how};\nerrors by activity", fontsize=10)
    axes.tick_params(axis="y", labelsize=7)
    axes.legend(fontsize=8)
