"""How a body moves: recordings of real people, and synthetic falls and activities."""
