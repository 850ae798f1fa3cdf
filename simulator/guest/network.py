"""`network`: a Wi-Fi radio that can be switched, and that tells when it is used for more.

The product powers it only to make os.urandom real. Runs on both interpreters.
"""

import _board

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000


class WLAN:
    IF_STA = 0
    IF_AP = 1

    def __init__(self, interface=0):
        if interface not in (0, 1):
            raise ValueError("invalid WLAN interface identifier")
        self._on = False

    def active(self, *on):
        if on:
            self._on = bool(on[0])
            _board.call("radio", 1 if self._on else 0)
        return self._on

    def scan(self):
        _board.call("radio_use", blob=b"scan")
        return []

    def connect(self, *args, **kwargs):
        _board.call("radio_use", blob=b"connect")

    def disconnect(self):
        pass

    def isconnected(self):
        return False

    def status(self, *param):
        return STAT_IDLE

    def config(self, *args, **kwargs):
        return None
