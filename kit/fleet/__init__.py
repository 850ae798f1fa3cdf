"""The association's registry of devices: keys, hand-overs, custody, and what the region may see.

Separate because it alone keeps anything for longer than one command, and alone needs SQLAlchemy
(extra `fleet`). What is stored, and for how long: docs/fleet.md.
"""
