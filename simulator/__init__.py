"""The desktop simulator: a world, virtual devices, and hosts that run the unmodified firmware."""
