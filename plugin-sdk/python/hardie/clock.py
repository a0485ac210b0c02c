"""The time of day."""

from wit_world.imports import clock as wire


def now() -> int:
    """Milliseconds since 1970-01-01 UTC."""
    return wire.now()
