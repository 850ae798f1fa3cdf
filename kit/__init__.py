"""The association's desk kit: hand-over of a device, and the second opinion on its recordings.

It shares no code with the firmware: a verdict is worth something only where the judge did not
learn from the judged. What the bytes mean is in docs/ev1.md. CPython only.
"""

VERSION = "0.1.0"
