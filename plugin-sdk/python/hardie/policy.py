"""Joins a plugin's module to the contract: what the server calls is answered here."""

import json
import sys
import traceback
from types import ModuleType
from typing import Any

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import plugin_info
from wit_world.imports import config as wire_config
from wit_world.imports import repository as wire
from wit_world.imports.types import Fault, RefVerdict

from .config import FieldError, settings
from .push import Push
from .repository import Repository


DEPTH = 20
"""How many calls before an exception are logged."""


def _explain(error: BaseException) -> str:
    """The exception in one line; where it came from goes to the log. `traceback` itself would look for the sources, which are not there."""
    said = f"{type(error).__name__}: {error}"
    print(said, file=sys.stderr)
    for frame, line in list(traceback.walk_tb(error.__traceback__))[-DEPTH:]:
        # Each folder is mounted under a number while the component is made.
        file = frame.f_code.co_filename.split("/", 2)[-1]
        print(f"  {file}:{line} in {frame.f_code.co_name}", file=sys.stderr)
    return said


def policy(plugin: ModuleType, name: str, version: str, description: str) -> tuple[type, type]:
    """The exports of the world `policy`."""
    if not callable(getattr(plugin, "check", None)):
        raise TypeError("src/plugin.py has no function `check`")
    defaults: dict[str, Any] = getattr(plugin, "DEFAULTS", {})
    info = plugin_info.Info(name, version, description, json.dumps(defaults))

    def validated(text: str) -> list[FieldError]:
        config, problems = settings(defaults, text)
        if problems or not hasattr(plugin, "validate"):
            return problems
        try:
            return list(plugin.validate(config) or [])
        except Exception as error:
            return [FieldError("", f"the plugin failed over it: {_explain(error)}")]

    def judged(push: wire.Push, repository: wire.Repository) -> list[RefVerdict]:
        config, problems = settings(defaults, wire_config.get())
        if problems:
            raise ValueError("configuration: " + "; ".join(f"{problem.field} {problem.message}" for problem in problems))
        pushed = Push(push)
        plugin.check(config, pushed, Repository(repository))
        return [update._verdict() for update in pushed.updates]

    class PluginInfo(exports.PluginInfo):
        def describe(self) -> plugin_info.Info:
            return info

        def validate_config(self, config: str) -> None:
            problems = validated(config)
            if problems:
                raise Err([plugin_info.FieldError(problem.field, problem.message) for problem in problems])

    class PushPolicy(exports.PushPolicy):
        def check(self, push: wire.Push, repo: wire.Repository) -> list[RefVerdict]:
            try:
                return judged(push, repo)
            except Exception as error:
                raise Err(Fault(_explain(error))) from None

    return PluginInfo, PushPolicy
