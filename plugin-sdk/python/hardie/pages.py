"""Lists that come in pages, and reads that can fail."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from componentize_py_types import Err
from wit_world.imports.types import Page

T = TypeVar("T")

PAGE = 256
"""The server's own bound."""


class ServerError(Exception):
    """What the server refused; `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code


class ReadError(ServerError):
    """A read that the repository refused: `code` is `not-found`, `wrong-kind`, `too-large` or `invalid`."""


def asked(refusal: type[ServerError], call: Callable[..., T], *arguments: Any) -> T:
    """Calls the server; its refusal is an exception of this class."""
    try:
        return call(*arguments)
    except Err as refused:
        raise refusal(refused.value.code, refused.value.message) from None


def read(call: Callable[..., T], *arguments: Any) -> T:
    """Reads the repository; its refusal is a ReadError."""
    return asked(ReadError, call, *arguments)


def pages(fetch: Callable[[Page], list[T]]) -> Iterator[T]:
    """Every entry of a list; a page is asked for when the one before is used up."""
    start = 0
    while True:
        page = read(fetch, Page(start, PAGE))
        yield from page
        if len(page) < PAGE:
            return
        start += len(page)
