"""What is really so: where she is, how she moves, what of the sky is seen above her.

Separate from every device, which only ever sees a worsened part of it. Positions are 1e-7
degree, speeds cm/s, headings degrees from north; the earth is a sphere of 6371.0 km, which
over the few kilometres of a scenario errs by less than the receivers do.
"""

from __future__ import annotations

import math
from typing import Callable

from simulator.motion.kinds import STAY
from simulator.world import World

SKIES = ("open", "street", "indoors", "none")
# pi * 6371000 m / 180 degrees, in units of 1e-7 degree
E7_PER_METRE = 10_000_000 * 180 / (math.pi * 6_371_000)


def offset_e7(lat_e7: int, lon_e7: int, north_m: float, east_m: float) -> tuple[int, int]:
    """The position that far to the north and to the east of another."""
    east_e7 = east_m * E7_PER_METRE / math.cos(math.radians(lat_e7 / 1e7))
    return round(lat_e7 + north_m * E7_PER_METRE), round(lon_e7 + east_e7)


def distance_m(a: tuple[int, int], b: tuple[int, int]) -> float:
    """Metres between two positions a few kilometres apart."""
    return math.hypot(*_between_m(a, b))


def _between_m(a: tuple[int, int], b: tuple[int, int]) -> tuple[float, float]:
    north_m = (b[0] - a[0]) / E7_PER_METRE
    east_m = (b[1] - a[1]) / E7_PER_METRE * math.cos(math.radians(a[0] / 1e7))
    return north_m, east_m


class Truth:
    """The true place as a function of time; sky and motion with those who watch them."""

    def __init__(self, world: World, place: tuple[int, int], sky: str = "open") -> None:
        self.world = world
        self.sky = sky
        self.motion = "worn"
        self.speed_cms = 0
        self.heading_deg = 0
        self._from, self._since_ms = place, 0
        self._until_ms: int | None = None
        self._watchers: list[Callable[[], None]] = []

    def watch(self, run: Callable[[], None]) -> None:
        """Have `run()` called whenever sky, motion or the way she goes has changed."""
        self._watchers.append(run)

    def place(self) -> tuple[int, int]:
        """(lat_e7, lon_e7) now."""
        until_ms = self.world.now_ms
        if self._until_ms is not None:
            until_ms = min(until_ms, self._until_ms)
        metres = (until_ms - self._since_ms) * self.speed_cms / 100_000
        heading = math.radians(self.heading_deg)
        return offset_e7(*self._from, metres * math.cos(heading), metres * math.sin(heading))

    def arrives_ms(self) -> int | None:
        """When she has come to the place that she goes to; None: she goes on and on."""
        return self._until_ms

    def moving(self) -> bool:
        return self.speed_cms > 0 and (
            self._until_ms is None or self.world.now_ms < self._until_ms
        )

    def see(self, sky: str) -> None:
        self.sky = sky
        self.world.emit("state", "world", sky=sky)
        self._changed()

    def be(self, motion: str) -> None:
        """A word of motion.request; one who falls, or sits down, goes no further."""
        self.motion = motion
        if motion in STAY and self.moving():
            self._leave(0, self.heading_deg, None)
        self.world.emit("state", "world", motion=motion)
        self._changed()

    def walk(self, speed_cms: int, heading_deg: int) -> None:
        """Go on along a heading, from here, until told otherwise."""
        self._leave(speed_cms, heading_deg, None)

    def move(self, place: tuple[int, int], speed_cms: int) -> None:
        """Go straight to a place and stop there; speed 0 = be there at once."""
        here = self.place()
        if speed_cms == 0:
            self._from, self._since_ms = place, self.world.now_ms
            self._leave(0, self.heading_deg, None)
            return
        north_m, east_m = _between_m(here, place)
        duration_ms = round(math.hypot(north_m, east_m) * 100_000 / speed_cms)
        heading_deg = round(math.degrees(math.atan2(east_m, north_m))) % 360
        self._leave(speed_cms, heading_deg, self.world.now_ms + duration_ms)

    def _leave(self, speed_cms: int, heading_deg: int, until_ms: int | None) -> None:
        self._from, self._since_ms = self.place(), self.world.now_ms
        self.speed_cms, self.heading_deg, self._until_ms = speed_cms, heading_deg, until_ms
        if speed_cms:
            self.motion = "walk"
        lat_e7, lon_e7 = self._from
        self.world.emit(
            "state",
            "world",
            lat_e7=lat_e7,
            lon_e7=lon_e7,
            speed_cms=speed_cms,
            heading_deg=heading_deg,
        )
        self._changed()

    def _changed(self) -> None:
        for run in self._watchers:
            run()
