"""Something that happened, on its way to this plugin."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .refs import Named

if TYPE_CHECKING:
    # There in handlers alone.
    from wit_world.imports import event as wire


@dataclass(frozen=True)
class Moved(Named):
    """A ref that a push moved; `repository.new_commits` takes it."""

    index: int
    name: str
    """Full name, such as `refs/heads/main`."""
    old: str | None
    """What it was; None if it is new."""
    new: str | None
    """What it is; None if it is gone."""
    kind: str
    """`create`, `update` or `delete`."""


def _id(digits: str) -> str | None:
    return digits if digits.strip("0") else None


class Event:
    """An event. Those of one repository come in order, and one that was not handled comes again."""

    def __init__(self, event: wire.Event) -> None:
        self._event = event

    @property
    def id(self) -> str:
        """The same in every attempt, and no other delivery's."""
        return self._event.id()

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1."""
        return self._event.attempt()

    @property
    def sequence(self) -> int:
        """The place in the server's log of events; grows, with gaps."""
        return self._event.sequence()

    @property
    def kind(self) -> str:
        """`push`, `status`, `repository.created` and others; more will come."""
        return self._event.kind()

    @property
    def at(self) -> int:
        """When it happened, in milliseconds since 1970-01-01 UTC."""
        return self._event.at()

    @cached_property
    def payload(self) -> dict[str, Any]:
        """What happened, as it was told then. Fields are only ever added."""
        return json.loads(self._event.payload())

    @property
    def repository_path(self) -> str:
        """`owner/name` as the repository is called now; empty if there is none or it is gone."""
        return self._event.repository_path()

    @property
    def installation(self) -> str:
        """The name under which the plugin is installed; with a slash it stands before the context of each status that it sets."""
        return self._event.installation()

    @cached_property
    def updates(self) -> list[Moved]:
        """The refs that a push moved; empty for other kinds."""
        refs = self.payload["refs"] if self.kind == "push" else []
        return [Moved(index, ref["ref"], _id(ref["before"]), _id(ref["after"]), ref["kind"]) for index, ref in enumerate(refs)]
