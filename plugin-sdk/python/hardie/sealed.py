"""What the sandbox lacks, said in words. What is printed goes to the plugin's log."""

import io
import random
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

from wit_world.imports import log


class _Log(io.TextIOBase):
    """A stream whose lines are written to the log."""

    def __init__(self, level: str) -> None:
        self._level = level
        self._open = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._open = (self._open + text).split("\n")
        for line in lines:
            log.write(self._level, line)
        return len(text)


def _refuse(what: str, why: str) -> Callable[..., NoReturn]:
    def refused(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError(f"{what} is not there: {why}")

    return refused


def seal(why: str) -> None:
    """Before the plugin is loaded, so that it finds everything so. `why` says what a plugin of its kind does without clock and chance."""
    sys.stdout, sys.stderr = _Log("info"), _Log("error")
    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"):
        if hasattr(time, name):
            setattr(time, name, _refuse(f"time.{name}()", why))
    for name in ("random", "randint", "randrange", "choice", "choices", "shuffle", "sample", "uniform", "getrandbits", "randbytes"):
        setattr(random, name, _refuse(f"random.{name}()", why))
