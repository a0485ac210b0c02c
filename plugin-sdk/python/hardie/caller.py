"""Who sent the web request that is answered."""

from dataclasses import dataclass

from wit_world.imports import caller as wire


@dataclass(frozen=True)
class Caller:
    """A user of this server."""

    name: str
    role: str
    """In the repository that the plugin is installed for: `read`, `write` or `admin`; empty if there is none."""


def get() -> Caller | None:
    """The caller; None for somebody who did not sign in."""
    found = wire.get()
    return None if found is None else Caller(found.name(), found.role())
