"""Scenarios made in tests: the evening in Lyon with other presses, other settings, other luck."""

import os
from pathlib import Path

from simulator.scenario import load

ROOT = Path(__file__).resolve().parents[2]
LONG = ("washing_machine",)  # hours in which the button never sleeps: test_long_scenarios.py
SHIPPED = sorted(
    path for path in (ROOT / "simulator/scenarios").glob("*.yaml") if path.stem not in LONG
)
FIRST_SEED = int(os.environ.get("GALET_FIRST_SEED", "0"))

HEAD = """\
name: story
seed: 1
duration: {duration}
world:
  start_utc: 2026-11-05T20:40:00Z
  place: 45.76043,4.83566
  sky: open
  motion: {{kind: walk, speed_cms: 120, heading_deg: 20}}
  network:
    sms_latency: {{fixed_ms: 1500}}
    contacts:
      +33639980001: ok
      +33639980002: ok
      +33639980003: ok
      +33639980004: ok
      +33639980005: ok
device:
  battery_pct: 80
  not_before_utc: 2026-01-01
  config:
    name: Julie
    language: fr
    cancel_pattern: lssl
steps:
{steps}
"""


def story(folder, steps, duration="3min", overrides=(), seed=1):
    """The evening, with these steps (a YAML flow mapping each)."""
    path = folder / "story.yaml"
    lines = "\n".join("  - " + step for step in steps) if steps else "  []"
    path.write_text(HEAD.format(duration=duration, steps=lines))
    return load(path, tuple(overrides), seed)


def of(result, ev, **where):
    """The events of one kind in which every named field has this value."""
    return [
        event
        for event in result.events
        if event["ev"] == ev and all(event.get(k) == v for k, v in where.items())
    ]
