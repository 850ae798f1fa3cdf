"""Power of the virtual modem: key, reset, supply, boot, and the messages of each.

Times are those of SIMCom's A7670 documents and LilyGO's examples where they are known (facts,
"Power and boot timing"): 100 ms on the key start it, some 3 s switch it off, the reset pin is
held for 2.6 s. The rest are assumptions of the order that users report. Must not import
firmware or lib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from simulator.edge import Line

if TYPE_CHECKING:
    from simulator.devices.modem import Modem

KEY_ON_MS = 50  # 100 ms are recommended
KEY_OFF_MS = 2500
RESET_MS = 2000  # 2.6 s are recommended
SUPPLY_HOLD_MS = 50  # what the capacitors at the module last for
OFF_MS = 2000  # from the decision to be off until it is
# After the key: UART alive, then each message of the boot.
UART_MS = (5500, 6500)
SIM_AFTER_MS, RADIO_AFTER_MS, SMS_AFTER_MS, BOOK_AFTER_MS = 400, 600, 2500, 3200


class Power:
    """`state` is off, booting, on or closing."""

    def __init__(self, modem: Modem, lines: dict[str, Line | None]) -> None:
        self._modem = modem
        self.state = "off"
        self.dead = False  # by a fault: nothing starts it
        self._key_since_ms: int | None = None
        self._key_found = "off"
        self._reset_since_ms: int | None = None
        self._reset_took = False  # it was running when the reset took hold
        self._supply = lines.get("modem_supply")
        self._generation = 0
        for role, react in (
            ("modem_pwrkey", self._key),
            ("modem_reset", self._reset),
            ("modem_supply", self._feed),
        ):
            line = lines.get(role)
            if line is not None:
                line.watch(react)

    def later(self, delay_ms: int, run: Callable[..., object], *args: Any) -> None:
        """Have run(*args) called, unless the module has lost its power by then."""
        generation = self._generation
        self._modem.world.after(delay_ms, self._still, generation, run, args)

    def _still(self, generation: int, run: Callable[..., object], args: tuple) -> None:
        if generation == self._generation:
            run(*args)

    def start_on(self) -> None:
        """It has been running for a while when the scenario begins."""
        self.state = "on"

    def lost(self) -> None:
        """No power from one moment to the next."""
        self._become("off")
        self._modem.stopped()

    def restart(self) -> None:
        self.lost()
        self._boot()

    def close(self) -> None:
        """An orderly end: off the network, then off."""
        if self.state in ("on", "booting"):
            self._become("closing")
            self._modem.world.after(OFF_MS, self._closed, self._generation)

    def _closed(self, generation: int) -> None:
        if generation == self._generation:
            self._modem.urc("NORMAL POWER DOWN")
            self.lost()

    def _become(self, state: str) -> None:
        self._generation += 1
        if state != self.state:
            self.state = state
            self._modem.world.emit("state", "modem", power=state)

    # -- lines ----------------------------------------------------------------------------

    def _key(self, level: int) -> None:
        now_ms = self._modem.world.now_ms
        if level:
            self._key_since_ms, self._key_found = now_ms, self.state
            self._modem.world.after(KEY_ON_MS, self._key_held, now_ms)
            return
        held_ms = now_ms - self._key_since_ms if self._key_since_ms is not None else 0
        self._key_since_ms = None
        if self._key_found in ("on", "booting") and held_ms >= KEY_OFF_MS:
            self.close()

    def _key_held(self, since_ms: int) -> None:
        if self._key_since_ms == since_ms and self.state == "off" and self._free():
            self._boot()

    def _reset(self, level: int) -> None:
        """Held long enough it takes the module down, and keeps it there; released, it boots."""
        now_ms = self._modem.world.now_ms
        if level:
            self._reset_since_ms, self._reset_took = now_ms, False
            self._modem.world.after(RESET_MS, self._reset_held, now_ms)
            return
        self._reset_since_ms = None
        if self._reset_took and self._fed():
            self._boot()

    def _reset_held(self, since_ms: int) -> None:
        if self._reset_since_ms == since_ms and self.state != "off":
            self._reset_took = True
            self.lost()

    def _fed(self) -> bool:
        return self._supply is None or self._supply.level == 1

    def _free(self) -> bool:
        """Whether it may start: powered, and not held in reset."""
        return self._fed() and self._reset_since_ms is None

    def _feed(self, level: int) -> None:
        if level == 0:
            self._modem.world.after(SUPPLY_HOLD_MS, self._starved)

    def _starved(self) -> None:
        if not self._fed() and self.state != "off":
            self.lost()

    # -- boot -----------------------------------------------------------------------------

    def _boot(self) -> None:
        if self.dead:
            return
        self._become("booting")
        self.later(self._modem.rng.randrange(*UART_MS), self._uart_alive)

    def _uart_alive(self) -> None:
        modem = self._modem
        self._become("on")
        modem.restore_defaults()
        modem.urc("*ATREADY: 1")
        self.later(SIM_AFTER_MS, modem.read_sim)
        self.later(RADIO_AFTER_MS, modem.switch_radio, 1)
        self.later(SMS_AFTER_MS, modem.messages_ready)
        self.later(BOOK_AFTER_MS, modem.urc, "PB DONE")
