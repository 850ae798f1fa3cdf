"""What the body does, as an accelerometer on it feels it: synthetic motions and recordings.

Separate from the virtual chip, which turns acceleration into registers. Whoever wants to feel
something asks a Body (body.py): `mg(at_ms, interval_ms)` and `quiet_until(at_ms)`. Must not
import firmware or lib, and knows nothing of any detector.

Axes, as in the SisFall recordings: x to the right, y from head to feet, z forward; somebody who
stands has y = -1 g, on the back z = +1 g. What is felt at rest is 1 g upward, in free fall none.
"""
