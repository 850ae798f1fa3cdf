"""What may be wrong with the virtual modem, and how it shows.

- absent, dies: no power inside; at the end it lies switched off and wants its key
- silent: its transmitter is dead; it still hears, obeys and sends messages
- stuck: the program hangs; reset, power key or supply end it, or the fault's own end
- garbage: bytes from it are damaged; slow: everything from it comes later
- reset: it starts anew by itself; no_sim, denied: card and operator
- lost_result: a message goes out, its result never comes; late_prompt: `>` comes late
- cms: the network refuses with this code

Must not import firmware or lib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.devices.modem import Modem

KINDS: dict[str, dict[str, int]] = {
    "absent": {},
    "silent": {},
    "stuck": {},
    "garbage": {"rate_pct": 10},
    "slow": {"ms": 1500},
    "dies": {},
    "reset": {},
    "no_sim": {},
    "denied": {},
    "lost_result": {"count": 0},
    "late_prompt": {"ms": 4000},
    "cms": {"code": 38, "count": 0},
}
SIM_BACK_MS = 1000


class ModemFaults:
    """The faults in force, asked by the modem where each matters; count 0 = no limit."""

    def __init__(self, modem: Modem) -> None:
        self._modem = modem
        self._active: dict[str, dict[str, Any]] = {}
        self._free_ms = 0
        self._rng = modem.world.rng("modem-faults")

    def start(self, kind: str, params: dict[str, Any]) -> None:
        modem = self._modem
        if kind == "reset":
            if modem.power.state != "off":
                modem.power.restart()
            return
        self._active[kind] = dict(params)
        if kind in ("absent", "dies"):
            modem.power.dead = True
            modem.power.lost()
        elif kind == "no_sim":
            modem.sim.present = False
            modem.network.radio(False)
            modem.urc("+CPIN: SIM REMOVED")
        elif kind == "denied":
            modem.network.deny(True)

    def end(self, kind: str) -> None:
        modem = self._modem
        if self._active.pop(kind, None) is None:
            return
        if kind in ("absent", "dies"):
            modem.power.dead = "absent" in self._active or "dies" in self._active
        elif kind == "no_sim":
            modem.sim.present = True
            if modem.power.state == "on":
                modem.power.later(SIM_BACK_MS, modem.read_sim)
                modem.power.later(SIM_BACK_MS, modem.switch_radio, modem.function)
        elif kind == "denied":
            modem.network.deny(False)

    def power_lost(self) -> None:
        """A program that hung starts afresh with the next boot."""
        self._active.pop("stuck", None)

    @property
    def hung(self) -> bool:
        return "stuck" in self._active

    @property
    def mute(self) -> bool:
        return "silent" in self._active or self.hung

    def prompt_ms(self) -> int:
        return self._active.get("late_prompt", {}).get("ms", 0)

    def cms_code(self) -> int:
        """The code by which the next submission is refused; 0 = none."""
        code = self._active.get("cms", {}).get("code", 0)
        return code if self._spend("cms") else 0

    def loses_result(self) -> bool:
        return self.mute or self._spend("lost_result")

    def _spend(self, kind: str) -> bool:
        params = self._active.get(kind)
        if params is None:
            return False
        if params["count"]:
            params["count"] -= 1
            if params["count"] == 0:
                del self._active[kind]
        return True

    def write(self, data: bytes) -> int:
        """Send; returns the ms at which the last byte has arrived."""
        modem = self._modem
        now_ms = modem.world.now_ms
        if self.mute:
            return now_ms
        if "garbage" in self._active:
            data = self._damaged(data)
        start_ms = now_ms + self._active.get("slow", {}).get("ms", 0)
        self._free_ms = start_ms = max(start_ms, self._free_ms)
        if start_ms == now_ms:
            return modem.wire.device_write(data)
        modem.power.later(start_ms - now_ms, modem.wire.device_write, data)
        return start_ms + modem.port.wire_ms(len(data))

    def _damaged(self, data: bytes) -> bytes:
        rate_pct = self._active["garbage"]["rate_pct"]
        rng = self._rng
        return bytes(rng.randrange(256) if rng.randrange(100) < rate_pct else b for b in data)
