"""Requests with secrets, which the server fills in: they are named here and never read."""

from dataclasses import dataclass
from typing import Any

from wit_world.imports import secrets as wire

from .pages import asked
from .request import RequestError, Response, answered, requested


@dataclass(frozen=True)
class Slot:
    """A header with a secret behind a prefix, or with the hexadecimal HMAC-SHA-256 of the body by it."""

    header: str
    secret: str
    prefix: str = ""
    signs: bool = False


def send(
    method: str, url: str, slots: list[Slot], headers: dict[str, str] | None = None, body: bytes | str = b"", json: Any = None
) -> Response:
    """As `http.send`; `denied` also if a secret was not given, or not for that host."""
    filled = [wire.Slot(slot.header, slot.prefix, slot.secret, "hmac-sha256" if slot.signs else "value") for slot in slots]
    return answered(asked(RequestError, wire.send, requested(method, url, headers, body, json), filled))
