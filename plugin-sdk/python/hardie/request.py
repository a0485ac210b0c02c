"""What is sent, and what comes back."""

import json as _json
from dataclasses import dataclass
from typing import Any

from wit_world.imports import http as wire

from .headers import first_of
from .pages import ServerError


class RequestError(ServerError):
    """A request that was not answered: `code` is `denied`, `invalid` or `failed`; only after `failed` may trying again help.

    `denied` also if a secret was not given, or not for that host.
    """


@dataclass(frozen=True)
class Response:
    """What came back. Any status is an answer; redirects are not followed."""

    status: int
    headers: list[tuple[str, str]]
    """Names in lower case, and values."""
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is one of 200 to 299."""
        return 200 <= self.status < 300

    @property
    def may_be_tried_again(self) -> bool:
        """Whether trying again may help: too many requests, or an error of the other side."""
        return self.status in (408, 425, 429) or self.status >= 500

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        return first_of(self.headers, name)

    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return _json.loads(self.body)


def requested(method: str, url: str, headers: dict[str, str] | None, body: bytes | str, json: Any) -> wire.Request:
    """A request as the contract has it; `json` makes a body of it."""
    given = dict(headers or {})
    if json is not None:
        body = _json.dumps(json)
        if not any(name.lower() == "content-type" for name in given):
            given["Content-Type"] = "application/json"
    data = body.encode() if isinstance(body, str) else body
    return wire.Request(method, url, [wire.Header(name, value) for name, value in given.items()], data)


def answered(response: wire.Response) -> Response:
    return Response(response.status, response.headers, response.body)
