"""The settings: what was given, over the defaults. A setting that nobody knows is a slip, and refused."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """A setting that is not right."""

    field: str
    """Such as `max-subject` or `rules[2].pattern`; empty for the whole."""
    message: str
    """What is wrong and what would be right."""


def _kind(value: Any) -> str:
    """What JSON calls it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    names = {dict: "an object", list: "a list", tuple: "a list", str: "a string", int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)


def settings(defaults: dict[str, Any], text: str) -> tuple[dict[str, Any], list[FieldError]]:
    """Settings and what is wrong with them, from JSON."""
    given = json.loads(text)
    if not isinstance(given, dict):
        return defaults, [FieldError("", f"is {_kind(given)} and must be an object")]
    problems = []
    for field, value in given.items():
        if field not in defaults:
            problems.append(FieldError(field, f"is not known; there are: {', '.join(defaults) or 'none'}"))
        elif defaults[field] is not None and _kind(value) != _kind(defaults[field]):
            problems.append(FieldError(field, f"is {_kind(value)} and must be {_kind(defaults[field])}"))
    return {**defaults, **given}, problems
