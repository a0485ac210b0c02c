"""Joins a policy to the contract: what the server calls is answered here."""

from types import ModuleType

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import repository as wire
from wit_world.imports.types import Fault, RefVerdict

from .info import configured, explain, plugin_information
from .push import Push
from .repository import Repository


def policy(plugin: ModuleType, name: str, version: str, description: str) -> tuple[type, type]:
    """The exports of the worlds `policy` and `policy-online`."""
    if not callable(getattr(plugin, "check", None)):
        raise TypeError("src/plugin.py has no function `check`")

    def judged(push: wire.Push, repository: wire.Repository) -> list[RefVerdict]:
        config = configured(plugin)
        pushed = Push(push)
        plugin.check(config, pushed, Repository(repository))
        return [update._verdict() for update in pushed.updates]

    class PushPolicy(exports.PushPolicy):
        def check(self, push: wire.Push, repo: wire.Repository) -> list[RefVerdict]:
            try:
                return judged(push, repo)
            except Exception as error:
                raise Err(Fault(explain(error))) from None

    return plugin_information(plugin, name, version, description), PushPolicy
