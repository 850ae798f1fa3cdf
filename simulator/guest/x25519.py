"""`x25519` of lib/, charged as simulator/costs.py says."""

import _costs

_costs.take_over("x25519", globals())
