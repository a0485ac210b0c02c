"""Web requests: what a plugin is asked at its address on the server, and what it answers."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from wit_world.imports import web_request as wire

from .headers import first_of
from .repository import Repository


class Request:
    """A request, written by whoever sent it."""

    def __init__(self, request: wire.Request) -> None:
        self._request = request

    @property
    def method(self) -> str:
        """`GET`, `HEAD`, `POST`, `PUT`, `PATCH` or `DELETE`."""
        return self._request.method()

    @property
    def path(self) -> str:
        """What the address has behind `base_path`, percent-encoded as it was sent; begins with `/`."""
        return self._request.path()

    @property
    def query(self) -> str | None:
        """What the address has behind `?`, as it was sent; `urllib.parse.parse_qs` reads it."""
        return self._request.query()

    @property
    def base_path(self) -> str:
        """Where the plugin is found, such as `/plugins/7`: links to its own pages begin with this."""
        return self._request.base_path()

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """Names in lower case, and values. None tells who asks: that is `hardie.caller`."""
        return [(header.name, header.value) for header in self._request.headers()]

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        return first_of(self.headers, name)

    @cached_property
    def body(self) -> bytes:
        """The body, at most 1 MiB."""
        return self._request.body()

    def text(self) -> str:
        """The body as text; what is no UTF-8 is U+FFFD here."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body from JSON. Raises a ValueError if it is none: whoever sent it should be told so, with a status of 400."""
        return json.loads(self.body)

    @property
    def repository_path(self) -> str:
        """The repository as `owner/name` that the plugin is installed for; empty if it is installed for more than one."""
        return self._request.repository_path()

    @cached_property
    def repository(self) -> Repository | None:
        """That repository, as it is now."""
        found = self._request.repository()
        return None if found is None else Repository(found)


class Response:
    """What is sent back. The server sends the headers of its list, and says in the plugin's records which it left out."""

    def __init__(self, status: int = 200) -> None:
        """A status (200 to 599) and nothing else."""
        self._status = status
        self._headers: list[tuple[str, str]] = []
        self._body = b""

    @staticmethod
    def text(status: int, text: str) -> Response:
        """Plain text."""
        return Response(status).header("Content-Type", "text/plain").body(text)

    @staticmethod
    def html(status: int, html: str) -> Response:
        """A page. Only a server with an origin of its own for plugins sends it."""
        return Response(status).header("Content-Type", "text/html").body(html)

    @staticmethod
    def json(value: Any) -> Response:
        """JSON, with the status 200."""
        return Response(200).header("Content-Type", "application/json").body(json.dumps(value))

    def status(self, status: int) -> Response:
        """With another status."""
        self._status = status
        return self

    def header(self, name: str, value: str) -> Response:
        """With a header."""
        self._headers.append((name, str(value)))
        return self

    def body(self, body: bytes | str) -> Response:
        """With a body, at most 4 MiB."""
        self._body = body.encode() if isinstance(body, str) else bytes(body)
        return self
