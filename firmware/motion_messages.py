"""The vocabulary of motion that only a board with PSRAM needs: who feels none has no room for it.

Separate from messages.py for that reason alone. Imports collections only.
"""

from collections import namedtuple

Worn = namedtuple("Worn", "flag")  # 1: a body moves it; 0: set down, still for 30 min
# What surrounds an impact: ring (policy/motion_ring.py) holds it from sample `start` on, `count`
# samples of 10 ms; before_ms of them lie before the impact. A ring of 24 s holds these 20 s for
# another 4 s less one drain: copy them within 3 s.
FallTrace = namedtuple("FallTrace", "impact_ms before_ms ring start count")
MotionFault = namedtuple("MotionFault", "reason")  # "" when it works again
