"""What a check found of a commit."""

from wit_world.imports import status as wire

from .pages import ServerError, asked


class StatusError(ServerError):
    """A status that cannot be set: `code` is `not-found` or `invalid`."""


def set(commit: str, state: str, context: str, description: str = "", target_url: str = "") -> None:
    """Sets a status of a commit of the event's repository.

    `state` is `pending`, `success`, `skipped`, `warning`, `failure` or `error`; `context` tells which check it is.
    """
    asked(StatusError, wire.set, bytes.fromhex(commit), state, context, description, target_url)
