"""Shipped scenarios of hours: cut to their first minutes at the least depth, whole in `make deep`.

Separate from test_main_job.py, which plays every other one on both hosts and with several seeds.
"""

import pytest
from harness import depth
from stories import LONG, ROOT

from simulator.run import simulate
from simulator.scenario import parse

MINUTES = {"washing_machine": ("2h", 15)}  # its length there, and the least that says something


@pytest.mark.parametrize("name", LONG)
def test_a_long_scenario_holds(name):
    path = ROOT / f"simulator/scenarios/{name}.yaml"
    whole, least = MINUTES[name]
    text = path.read_text()
    assert f"duration: {whole}" in text
    if depth(100) < 100:
        text = text.replace(whole, f"{least}min")
    summary = simulate(parse(text, path.name, path.parent)).summary
    assert [row["text"] for row in summary["expectations"] if not row["held"]] == []
    assert summary["exceptions"] == []
