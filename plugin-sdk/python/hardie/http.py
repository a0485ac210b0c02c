"""Requests to the hosts that were granted. A call may send 20, and waits for each answer."""

from typing import Any

from wit_world.imports import http as wire

from .pages import asked
from .request import RequestError, Response, answered, requested


def send(method: str, url: str, headers: dict[str, str] | None = None, body: bytes | str = b"", json: Any = None) -> Response:
    """Sends a request; an answer that does not come is a RequestError."""
    return answered(asked(RequestError, wire.send, requested(method, url, headers, body, json)))
