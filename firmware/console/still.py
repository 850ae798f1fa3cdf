"""In place of what she feels, on the bench, on a board without PSRAM: there the console is.

Separate because only one of the two finds room beside the alert core. Nothing vibrates.
"""


class Still:
    """A services.vibration.Vibration that does nothing."""

    def step(self, _now_ms):
        return []

    def play(self, _vibrate, _now_ms):
        pass

    def hush(self, _on, _now_ms):
        pass

    def worn(self, _flag):
        pass

    def wake_ms(self, _now_ms):
        return None

    def may_sleep(self, _now_ms):
        return True
