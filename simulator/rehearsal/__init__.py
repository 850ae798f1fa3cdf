"""Her configuration played through: what her contacts would read, word for word."""
