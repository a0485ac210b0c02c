"""Joins a handler of events to the contract: what the server calls is answered here."""

from types import ModuleType

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import event_handler
from wit_world.imports import event as wire_event
from wit_world.imports import repository as wire

from .event import Event
from .info import configured, explain, plugin_information
from .pages import ServerError
from .repository import Repository
from .retry import Retry


def _failure(error: Exception) -> event_handler.HandlerError:
    """Whether another attempt may do better."""
    if isinstance(error, Retry):
        return event_handler.HandlerError_Retry(event_handler.Retry(error.after, str(error)))
    message = explain(error)
    # The other side of a request did not answer.
    if isinstance(error, ServerError) and error.code == "failed":
        return event_handler.HandlerError_Retry(event_handler.Retry(None, message))
    return event_handler.HandlerError_Permanent(message)


def handler(plugin: ModuleType, name: str, version: str, description: str) -> tuple[type, type]:
    """The exports of the world `events`."""
    if not callable(getattr(plugin, "handle", None)):
        raise TypeError("src/plugin.py has no function `handle`")

    class EventHandler(exports.EventHandler):
        def handle(self, event: wire_event.Event, repo: wire.Repository | None) -> None:
            try:
                plugin.handle(configured(plugin), Event(event), None if repo is None else Repository(repo))
            except Exception as error:
                raise Err(_failure(error)) from None

    return plugin_information(plugin, name, version, description), EventHandler
