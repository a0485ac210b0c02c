"""The repository as it would be, read-only: what it has, and this push's objects on top. Every read is a call to the server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wit_world.imports import repository as wire

from .commit import Commit, Handles
from .pages import pages, read
from .event import Moved
from .push import Update

PIECE = 1 << 20
"""Most bytes of one read."""


@dataclass(frozen=True)
class NewObject:
    """An object that the push brings."""

    id: str
    kind: str
    size: int
    """Bytes, inflated."""
    path: str
    """Where it was found first; empty for commits and tags."""
    path_bytes: bytes
    mode: int
    """As git writes it, such as 0o100644; 0 for commits and tags."""
    commit: str | None
    """The first new commit that holds it; None for tags."""


@dataclass(frozen=True)
class TreeEntry:
    """One entry of a tree."""

    name: str
    name_bytes: bytes
    mode: int
    id: str


@dataclass(frozen=True)
class ChangeSide:
    """One side of a changed path."""

    mode: int
    id: str

    @staticmethod
    def _of(side: wire.ChangeSide | None) -> ChangeSide | None:
        return ChangeSide(side.mode, side.id.hex()) if side is not None else None


@dataclass(frozen=True)
class Change:
    """One path that differs."""

    path: str
    path_bytes: bytes
    old: ChangeSide | None
    """Before; None if it is new."""
    new: ChangeSide | None
    """After; None if it is gone."""


class Repository:
    """The repository. Ids are lower-case hexadecimal digits; a read that is refused raises ReadError."""

    def __init__(self, repository: wire.Repository) -> None:
        self._repository = repository
        self._handles = Handles()

    def new_commits(self, update: Update | Moved) -> Iterator[Commit]:
        """Commits that an update brings, newest first, a page at a time: whoever leaves the loop early reads no more."""
        for handle in pages(lambda page: self._repository.new_commits(update.index, page)):
            yield Commit(handle, self._repository.commit, self._handles)

    def new_objects(self, kind: str = "") -> Iterator[NewObject]:
        """Objects that the push brings, each once: `blob`, `tree`, `commit`, `tag`, or all."""
        for found in pages(lambda page: self._repository.new_objects(kind, page)):
            commit = found.commit.hex() if found.commit is not None else None
            path = found.path.decode("utf-8", "replace")
            yield NewObject(found.id.hex(), found.kind, found.size, path, found.path, found.mode, commit)

    def commit(self, id: str) -> Commit:
        """One commit."""
        return Commit(read(self._repository.commit, bytes.fromhex(id)), self._repository.commit, self._handles)

    def tree(self, id: str) -> Iterator[TreeEntry]:
        """The entries of a tree."""
        for entry in pages(lambda page: self._repository.tree(bytes.fromhex(id), page)):
            yield TreeEntry(entry.name.decode("utf-8", "replace"), entry.name, entry.mode, entry.id.hex())

    def blob_size(self, id: str) -> int:
        """The size of a blob in bytes."""
        return read(self._repository.blob_size, bytes.fromhex(id))

    def blob_range(self, id: str, offset: int = 0, length: int = PIECE) -> bytes:
        """Bytes of a blob: at most 1 MiB, and fewer than asked for at its end."""
        return read(self._repository.blob_range, bytes.fromhex(id), offset, length)

    def blob_text(self, id: str, most: int = PIECE) -> str:
        """The blob's text, its first MiB at most; what is no UTF-8 is U+FFFD."""
        return self.blob_range(id, 0, min(most, PIECE)).decode("utf-8", "replace")

    def changes(self, old: str | None, new: str | None) -> Iterator[Change]:
        """Paths that differ between two commits or trees; None is the empty tree."""
        before, after = (bytes.fromhex(id) if id is not None else None for id in (old, new))
        for change in pages(lambda page: self._repository.changes(before, after, page)):
            path = change.path.decode("utf-8", "replace")
            yield Change(path, change.path, ChangeSide._of(change.old), ChangeSide._of(change.new))

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Whether the first commit is an ancestor of the second, or the same."""
        return read(self._repository.is_ancestor, bytes.fromhex(ancestor), bytes.fromhex(descendant))

    def read_ref(self, name: str | bytes) -> str | None:
        """What a ref is before this push; None if it does not exist."""
        id = read(self._repository.read_ref, name.encode() if isinstance(name, str) else name)
        return id.hex() if id is not None else None
