"""What is pushed, by whom, and what is said about it."""

from functools import cached_property

from wit_world.imports import repository as wire
from wit_world.imports.types import RefVerdict, Rejection

from .pages import pages
from .refs import Named

LINES = 38
"""The server shows 40 lines of one rejection; the rest would be cut without saying what it was."""


class Update(Named):
    """One ref update, and its verdict: accepted, until something speaks against it."""

    def __init__(self, index: int, update: wire.RefUpdate) -> None:
        self.index: int = index
        """Its position in the push."""
        self.name_bytes: bytes = update.name
        self.name: str = update.name.decode("utf-8", "replace")
        """Full name, such as `refs/heads/main`; what is no UTF-8 is U+FFFD here."""
        self.old: str | None = update.old.hex() if update.old is not None else None
        """What the ref is now; None if it does not exist."""
        self.new: str | None = update.new.hex() if update.new is not None else None
        """What it shall be; None if it shall go away."""
        self.kind: str = update.kind
        """`create`, `update`, `delete`, or `force` (an update that drops commits which the ref had); more may come."""
        self._code: str | None = None
        self._lines: list[str] = []
        self._more = 0
        self._warnings: list[str] = []

    def reject(self, code: str, *lines: str) -> None:
        """Refuses it. `code` is the rule's short name (a-z, 0-9 and `-`), the lines say what is wrong and how to mend it.

        May be called again: the first rule names the rejection, the lines of all are shown.
        """
        self._code = self._code if self._code is not None else code
        # A reason and its remedy stay together or are counted together.
        if self._more > 0 or len(self._lines) + len(lines) > LINES:
            self._more += 1
        else:
            self._lines.extend(lines)

    def warn(self, line: str) -> None:
        """Tells the pusher something without refusing."""
        if len(self._warnings) < LINES:
            self._warnings.append(line)

    def _verdict(self) -> RefVerdict:
        more = [f"… and {self._more} more of the kind"] if self._more else []
        rejection = Rejection(self._code, self._lines + more) if self._code is not None else None
        return RefVerdict(self.index, rejection, self._warnings)


class Push:
    """A push."""

    def __init__(self, push: wire.Push) -> None:
        self._push = push

    @property
    def repository_path(self) -> str:
        """The repository as `owner/name`."""
        return self._push.repository_path()

    @property
    def default_branch(self) -> str:
        """The branch that HEAD names, such as `main`."""
        return self._push.default_branch()

    @property
    def actor_name(self) -> str:
        """The pusher's user name."""
        return self._push.actor_name()

    @property
    def actor_role(self) -> str:
        """The pusher's role here: `read`, `write` or `admin`; more may come."""
        return self._push.actor_role()

    @property
    def door(self) -> str:
        """How it came: `ssh`, `http`, `api` or `system`; more may come."""
        return self._push.door()

    @property
    def options(self) -> list[str]:
        """Push options as sent by `git push -o`."""
        return self._push.options()

    @cached_property
    def updates(self) -> list[Update]:
        """The ref updates, in the order of the push."""
        return [Update(index, update) for index, update in enumerate(pages(self._push.updates))]
