"""Chance."""

import builtins

from wit_world.imports import random as wire


def bytes(length: int) -> builtins.bytes:
    """So many bytes that nobody can guess, at most 4,096."""
    return wire.bytes(length)
