"""What the sandbox lacks, said in words. What is printed goes to the plugin's log."""

import io
import random
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn, TextIO

from wit_world.imports import log


class _Log(io.TextIOBase):
    """A stream whose lines are written to the log. While modules are loaded there is none: whoever builds reads them."""

    def __init__(self, level: str, building: TextIO) -> None:
        self._level = level
        self._building: TextIO | None = building
        self._open = ""

    def loaded(self) -> None:
        """From now on there is a log."""
        self._building = None

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._building is not None:
            return self._building.write(text)
        *lines, self._open = (self._open + text).split("\n")
        for line in lines:
            log.write(self._level, line)
        return len(text)


def _refuse(what: str, why: str) -> Callable[..., NoReturn]:
    def refused(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError(f"{what} is not there: {why}")

    return refused


def seal(why: str) -> Callable[[], None]:
    """Before the plugin is loaded, so that it finds everything so. `why` says what a plugin of its kind does without clock and chance.

    What comes back is to be called when the plugin is loaded.
    """
    logs = _Log("info", sys.stdout), _Log("error", sys.stderr)
    sys.stdout, sys.stderr = logs
    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"):
        if hasattr(time, name):
            setattr(time, name, _refuse(f"time.{name}()", why))
    for name in ("random", "randint", "randrange", "choice", "choices", "shuffle", "sample", "uniform", "getrandbits", "randbytes"):
        setattr(random, name, _refuse(f"random.{name}()", why))

    def loaded() -> None:
        for log in logs:
            log.loaded()

    return loaded
