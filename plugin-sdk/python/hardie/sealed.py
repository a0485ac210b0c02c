"""What the sandbox lacks, said in words. A policy has no clock and no chance, so that the same push always gets the same answer; what it
prints goes to the plugin's log."""

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


def _refuse(what: str) -> Callable[..., NoReturn]:
    def refused(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError(f"{what} is not there: a policy has no clock and no chance, so that the same push always gets the same answer")

    return refused


def seal() -> None:
    """Before the plugin is loaded, so that it finds everything so."""
    sys.stdout, sys.stderr = _Log("info"), _Log("error")
    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"):
        if hasattr(time, name):
            setattr(time, name, _refuse(f"time.{name}()"))
    for name in ("random", "randint", "randrange", "choice", "choices", "shuffle", "sample", "uniform", "getrandbits", "randbytes"):
        setattr(random, name, _refuse(f"random.{name}()"))
