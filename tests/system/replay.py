"""A recording of a receiver, played into the running firmware, and what its messages tell.

Shared by the tests of real recordings and of odd ones. A message is read as the person does who
holds the phone: she follows the link and looks at the clock time. What the receiver really said
are the `fix` events, which pynmea2 reads; where it really was is gpsd's reading.
"""

import json
import re
import shutil
from collections import namedtuple
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlparse

from simulator.devices.gnss import Recording
from simulator.edge import Wire
from simulator.run import simulate
from simulator.scenario import parse
from simulator.stage import ROOT
from simulator.truth import distance_m
from simulator.world import World

AT_MS = 15_000  # the modem is registered by then, so that a press is told at once
EVERY_MS = 60_000
PRESSES_LEAST = 3
APART_MS = 4000  # three presses, the two seconds that end them, and a rest
FIRST_MS = 1500  # the second of the first position is over
AFTER_MS = 30_000  # for the last messages
PLACE_M = 5
CLOCK_EARLY_S, CLOCK_LATE_S = 70, 10  # minutes are shown, seconds cut off
BEHIND_MAX = 2  # moments with a newer position that a message may not know of yet
OLD_MS = 25_000  # a first place that is older is followed by a fresh one

CONTACT = "+33639980001"
URL = re.compile(r"https?://\S+")
CLOCK = re.compile(r"\+/-\d+m (?:à|at) (\d\d):(\d\d)")
UNKNOWN = re.compile(r"Lieu inconnu|Place unknown")
ROLLOVER = timedelta(weeks=1024)

Played = namedtuple("Played", "presses events summary start_utc_s")
# One position that a message told: the fix event it equals, and how far from gpsd's reading that
# is. how: "second"; "era": of the same second some 1024 weeks away; "undated": of the same time
# of day, or without any time; "between": gpsd has only the seconds before and after; "edge" and
# "none": nothing to compare with, at the first or last second of the recording or within it.
Told = namedtuple("Told", "text submit_ms event metres how")


# -- playing ----------------------------------------------------------------------------------


def said_by(data, at_ms=AT_MS):
    """The fix events of a recording that plays with nobody listening, and when it ends."""
    world = World(1, 0)
    events = []
    world.listeners.append(events.append)
    Recording(world, Wire(world, "gnss", 9600), data, at_ms)
    while world.next_ms() is not None:
        world.run_until(world.next_ms())
    return [event for event in events if event["ev"] == "fix"], world.now_ms


def press_times(fixes, end_ms, shift_ms=0):
    """Every minute of the recording; where that is not three times, three within it."""
    start_ms = fixes[0]["t"] if fixes else AT_MS
    times = list(range(start_ms + EVERY_MS - shift_ms, end_ms, EVERY_MS))
    if len(times) < PRESSES_LEAST:
        room_ms = fixes[-1]["t"] - start_ms if fixes else 0
        gap_ms = max(APART_MS, room_ms // PRESSES_LEAST)
        first_ms = start_ms + FIRST_MS + shift_ms * gap_ms // EVERY_MS
        times = [first_ms + index * gap_ms for index in range(PRESSES_LEAST)]
    return times


def play(path, host="cpython", root=ROOT, shift_ms=0):
    """Run the firmware with this recording as its receiver, pressing three times each time.

    World clock, bound and cell are those of the first valid epoch: the scenario takes them
    from the recording. shift_ms: how much sooner (or, in short ones, later) she presses.
    """
    times = press_times(*said_by(path.read_bytes()), shift_ms)
    steps = "".join(f"  - {{at: {at_ms}ms, do: press, count: 3}}\n" for at_ms in times)
    text = f"""
name: replay
duration: {times[-1] + AFTER_MS}ms
world:
  gnss: {{file: {json.dumps(str(path))}, at: {AT_MS}ms}}
  network: {{sms_latency: {{fixed_ms: 500}}, contacts: {{{CONTACT}: ok}}}}
device: {{config: {{timezone: {{offset_min: 0, dst: none}}}}}}
steps:
{steps}"""
    scenario = parse(text, path.name, Path("/"))
    result = simulate(scenario, host, root=root)
    return Played(times, result.events, result.summary, scenario.world.start_utc_s)


def broken(folder, name, good, bad):
    """A copy of the firmware in which one thing is broken."""
    for part in ("firmware", "lib"):
        shutil.copytree(ROOT / part, folder / part)
    for part in ("boot.py", "main.py"):
        shutil.copy(ROOT / part, folder)
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert good in text, f"{name} no longer has {good}"
    path.write_text(text.replace(good, bad), encoding="utf-8")
    return folder


# -- gpsd's reading ---------------------------------------------------------------------------


class Readings:
    """What gpsd read of a recording: places by second, and those that it gave no time.

    real: how many of the seconds have a place that is neither reckoned, surveyed nor simulated
    (its status 5 to 8).
    """

    def __init__(self, lines):
        self.timed, self.untimed = {}, []
        real = set()
        for line in lines:
            if not line.startswith(b'{"class":"TPV"'):
                continue
            report = json.loads(line)
            if "lat" not in report:
                continue
            place = (round(report["lat"] * 1e7), round(report["lon"] * 1e7))
            if "time" not in report:
                self.untimed.append(place)
                continue
            second = report["time"][:19]
            self.timed.setdefault(second, []).append(place)
            if not 5 <= report.get("status", 1) <= 8:
                real.add(second)
        self.real = len(real)

    def compare(self, event):
        """(metres, how): how far a fix event is from what gpsd read of its second."""
        second = event["utc"].rstrip("Z")
        if second in self.timed:
            return nearest_m(event, self.timed[second]), "second"
        if "T" not in second:
            of_day = [key for key in self.timed if second and key.endswith(second)]
            places = [place for key in of_day for place in self.timed[key]] or self.untimed
            return nearest_m(event, places), "undated" if places else "none"
        moment = datetime.fromisoformat(second.replace(":60", ":59"))
        for eras in (-2, -1, 1, 2):
            other = (moment + eras * ROLLOVER).isoformat()
            if other in self.timed:
                return nearest_m(event, self.timed[other]), "era"
        return self._between(event, moment)

    def _between(self, event, moment):
        """How far it is from the straight way between the seconds around it."""
        around = []
        for step in (-1, 1):
            near = [(moment + step * timedelta(seconds=s)).isoformat() for s in range(1, 6)]
            around += [self.timed[key] for key in near if key in self.timed][:1]
        if len(around) < 2:
            return None, "none"
        (lat1, lon1), (lat2, lon2) = around[0][-1], around[1][0]
        way = [(lat1 + (lat2 - lat1) * i // 20, lon1 + (lon2 - lon1) * i // 20) for i in range(21)]
        return nearest_m(event, way), "between"


def nearest_m(event, places):
    """Metres to the nearest of the places, None where there is none."""
    place = (event["lat_e7"], event["lon_e7"])
    return min((distance_m(place, other) for other in places), default=None)


# -- judging ----------------------------------------------------------------------------------


def judge(played, readings=None):
    """(what the messages told, what is wrong with them); without readings no distances."""
    told, wrong = [], []
    fixes = [event for event in played.events if event["ev"] == "fix"]
    for text, submit_ms in sent(played.events):
        shown = shown_place(text)
        if shown is None:
            if not UNKNOWN.search(text):
                wrong.append(f"neither a place nor that there is none: {text}")
            continue
        before = [event for event in fixes if event["t"] <= submit_ms]
        matches = [event for event in before if equals(event, shown)]
        if not matches:
            wrong.append(f"no fix event says {shown}")
            continue
        event, metres, how = meant(matches, fixes, readings)
        # The very first may tell what was known when the receiver was laid to rest.
        newer = {other["t"] for other in before if other["t"] > event["t"]}
        if len(newer) > BEHIND_MAX and submit_ms > played.presses[0] + OLD_MS:
            wrong.append(f"{shown} is of {event['t']} ms, told at {submit_ms} ms as new")
        if not clock_fits(text, event, played.start_utc_s):
            wrong.append(f"the clock time is not that of {event['utc']}: {text}")
        told.append(Told(text, submit_ms, event, metres, how))
    wrong += [
        f"{one.event['utc']}: {one.metres:.2f} m from gpsd's reading"
        for one in told
        if one.metres is not None and one.metres > PLACE_M
    ]
    if not followed(told, fixes):
        wrong.append(f"no newer place followed that of {told[0].event['t']} ms")
    return told, wrong + wrong_course(played)


def meant(matches, fixes, readings):
    """(event, metres, how): the latest that gpsd agrees with, of those that show the same place.

    Two sentences of a second may lie metres apart (ch-4701 has one at its end: 8 m), and gpsd
    keeps the second one, so that the first shows only what the second before it did.
    """
    found = [(event, *compared(event, fixes, readings)) for event in reversed(matches)]
    agreed = [one for one in found if one[1] is None or one[1] <= PLACE_M]
    return (agreed or found)[0]


def compared(event, fixes, readings):
    """(metres, how) of a fix event, as Told has it."""
    if readings is None:
        return None, "none"
    metres, how = readings.compare(event)
    if how == "none" and event["utc"] in (fixes[0]["utc"], fixes[-1]["utc"]):
        how = "edge"
    return metres, how


def wrong_course(played):
    """What went wrong with the run itself."""
    wrong = [text.strip().splitlines()[-1] for text in played.summary["exceptions"]]
    if played.summary["resets"]:
        wrong.append(f"{played.summary['resets']} resets")
    kinds = [event["kind"] for event in played.events if event["ev"] == "gesture"]
    if kinds != ["danger"] + ["danger_again"] * (len(played.presses) - 1):
        wrong.append(f"gestures {kinds}")
    texts = [text for text, _ in sent(played.events)]
    if len([text for text in texts if text.startswith("DANGER ")]) != len(played.presses):
        wrong.append(f"{len(played.presses)} alarms pressed, but these texts: {texts}")
    return wrong


def sent(events):
    """(text, when it was submitted) of each message that reached the phone."""
    submitted, found = [], []
    for event in events:
        if event["ev"] == "at_submit":
            submitted.append(event)
        elif event["ev"] == "sms_on_phone":
            times = [one["t"] for one in submitted if one["text"] == event["text"]]
            found.append((event["text"], times[-1]))
    return found


def shown_place(text):
    """The two numbers that the link of a message shows, as texts; None without a link."""
    link = URL.search(text)
    if link is None:
        return None
    lat, lon = parse_qs(urlparse(link.group()).query)["q"][0].split(",")
    return lat, lon


def equals(event, shown):
    """Whether an event is the place shown, to the decimals that are shown."""
    return all(
        Decimal(text) == (Decimal(e7) / 10**7).quantize(Decimal(text), ROUND_HALF_UP)
        for text, e7 in zip(shown, (event["lat_e7"], event["lon_e7"]))
    )


def followed(told, fixes):
    """Whether a place that was old when the first message told it was followed by a new one."""
    if not told or told[0].submit_ms - told[0].event["t"] < OLD_MS:
        return True
    until_ms = told[0].submit_ms + OLD_MS
    if not any(told[0].submit_ms < event["t"] < until_ms for event in fixes):
        return True
    return any(one.event["t"] > told[0].submit_ms for one in told if one.submit_ms < until_ms)


def clock_fits(text, event, start_utc_s):
    """Whether the clock time of the place lies where the log and the world put that event.

    The two clocks differ: a recording that does not come second by second is played so.
    """
    match = CLOCK.search(text)
    if match is None:
        return False
    shown_s = int(match[1]) * 3600 + int(match[2]) * 60
    world_s = (start_utc_s + event["t"] // 1000) % 86400
    clock = event["utc"].rstrip("Z")[-8:]
    log_s = world_s
    if clock:
        hours, minutes, seconds = map(int, clock.split(":"))
        log_s = hours * 3600 + minutes * 60 + seconds
    half_day = 43200
    ahead_s = (log_s - world_s + half_day) % 86400 - half_day
    offset_s = (shown_s - world_s + half_day) % 86400 - half_day
    return min(0, ahead_s) - CLOCK_EARLY_S <= offset_s <= max(0, ahead_s) + CLOCK_LATE_S
