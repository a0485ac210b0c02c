"""A commit. Its parts are fetched when asked for, and kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from wit_world.imports import repository as wire
from wit_world.imports import types

from .pages import read

LIVE = 512
"""The server lets 1,024 handles live at once; a page of commits has 256."""


@dataclass(frozen=True)
class Signature:
    """Name, address and time."""

    name: str
    email: str
    seconds: int
    """Since 1970-01-01 UTC."""
    offset_minutes: int
    """Offset from UTC, east positive."""

    @staticmethod
    def _of(signature: types.Signature) -> Signature:
        name, email = (part.decode("utf-8", "replace") for part in (signature.name, signature.email))
        return Signature(name, email, signature.seconds, signature.offset_minutes)


class Handles:
    """Handles in the order in which they came: the oldest are given back, and fetched again by id if somebody still wants them."""

    def __init__(self) -> None:
        self._live: deque[Commit] = deque()

    def add(self, commit: Commit) -> None:
        self._live.append(commit)
        if len(self._live) > LIVE:
            self._live.popleft()._release()


class Commit:
    """One commit."""

    def __init__(self, handle: wire.Commit, fetch: Callable[[bytes], wire.Commit], handles: Handles) -> None:
        self._handle: wire.Commit | None = handle
        self._fetch = fetch
        self._handles = handles
        handles.add(self)

    def _live(self) -> wire.Commit:
        if self._handle is None:
            self._handle = read(self._fetch, bytes.fromhex(self.id))
            self._handles.add(self)
        return self._handle

    def _release(self) -> None:
        """Gives the handle back; the id stays, by which there is another."""
        if self._handle is not None:
            _ = self.id
            self._handle.__exit__(None, None, None)
            self._handle = None

    @cached_property
    def id(self) -> str:
        return self._live().id().hex()

    @property
    def short_id(self) -> str:
        """The first seven digits of the id."""
        return self.id[:7]

    @cached_property
    def tree(self) -> str:
        return self._live().tree().hex()

    @cached_property
    def parents(self) -> list[str]:
        """First parent first."""
        return [parent.hex() for parent in self._live().parents()]

    @cached_property
    def author(self) -> Signature:
        return Signature._of(self._live().author())

    @cached_property
    def committer(self) -> Signature:
        return Signature._of(self._live().committer())

    @cached_property
    def message_bytes(self) -> bytes:
        """The first 64 KiB of the message, as stored."""
        return self._live().message()

    @cached_property
    def message(self) -> str:
        """The message; what is no UTF-8 is U+FFFD here."""
        return self.message_bytes.decode("utf-8", "replace")

    @property
    def subject(self) -> str:
        """The message's first line."""
        return self.message.split("\n", 1)[0].removesuffix("\r")
