"""Joins a plugin that answers web requests to the contract: what the server calls is answered here."""

from types import ModuleType

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import web_handler
from wit_world.imports import web_request as wire

from .info import configured, explain, plugin_information
from .web import Request, Response


def _answered(plugin: ModuleType, request: wire.Request) -> web_handler.Response:
    answer = plugin.handle(configured(plugin), Request(request))
    if not isinstance(answer, Response):
        raise TypeError('handle returned no Response: import it from hardie.web, as in Response.text(200, "…")')
    if not isinstance(answer._status, int) or not 200 <= answer._status <= 599:
        raise ValueError(f"a status is 200 to 599, not {answer._status}")
    headers = [wire.Header(name, value) for name, value in answer._headers]
    return web_handler.Response(answer._status, headers, answer._body)


def responder(plugin: ModuleType, name: str, version: str, description: str) -> tuple[type, type]:
    """The exports of the world `web`."""
    if not callable(getattr(plugin, "handle", None)):
        raise TypeError("src/plugin.py has no function `handle`")

    class WebHandler(exports.WebHandler):
        def handle(self, request: wire.Request) -> web_handler.Response:
            try:
                return _answered(plugin, request)
            except Exception as error:
                raise Err(explain(error)) from None

    return plugin_information(plugin, name, version, description), WebHandler
