"""Data of the plugin's own, kept from one event or web request to the next, for each repository by itself.

Kept if `handle` returns, forgotten if it raises.
"""

import json
from collections.abc import Iterator
from typing import Any

from wit_world.imports import state as wire

from .pages import PAGE, ServerError, asked


class StateError(ServerError):
    """A key or a value that is none; `denied` if a `GET` would write."""


def _bytes(value: bytes | str) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _some(value: bytes | str | None) -> bytes | None:
    return None if value is None else _bytes(value)


def get(key: str) -> bytes | None:
    """What is kept under a key."""
    return asked(StateError, wire.get, key)


def set(key: str, value: bytes | str) -> None:
    """Keeps a value."""
    asked(StateError, wire.set, key, _bytes(value))


def get_json(key: str) -> Any:
    """What was kept as JSON; None if there is nothing."""
    found = get(key)
    return None if found is None else json.loads(found)


def set_json(key: str, value: Any) -> None:
    """Keeps a value as JSON."""
    set(key, json.dumps(value))


def compare_and_set(key: str, expected: bytes | str | None, value: bytes | str | None) -> bool:
    """Keeps a value (None: nothing) if what is there now is `expected`; tells whether it was."""
    return asked(StateError, wire.compare_and_set, key, _some(expected), _some(value))


def remove(key: str) -> None:
    """Removes a key, if it is there."""
    asked(StateError, wire.delete, key)


def keys(prefix: str = "") -> Iterator[str]:
    """Keys that begin with `prefix`, in order."""
    after = ""
    while True:
        page = asked(StateError, wire.list, prefix, after, PAGE)
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1]
