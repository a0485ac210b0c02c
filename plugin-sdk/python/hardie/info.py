"""What a plugin says of itself, and its settings, whatever else it does."""

import json
import sys
import traceback
from types import ModuleType
from typing import Any

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import plugin_info
from wit_world.imports import config as wire_config

from .config import FieldError, settings

DEPTH = 20
"""How many calls before an exception are logged."""


def explain(error: BaseException) -> str:
    """The exception in one line; where it came from goes to the log. `traceback` itself would look for the sources, which are not there."""
    said = f"{type(error).__name__}: {error}"
    print(said, file=sys.stderr)
    for frame, line in list(traceback.walk_tb(error.__traceback__))[-DEPTH:]:
        # Each folder is mounted under a number while the component is made.
        file = frame.f_code.co_filename.split("/", 2)[-1]
        print(f"  {file}:{line} in {frame.f_code.co_name}", file=sys.stderr)
    return said


def _defaults(plugin: ModuleType) -> dict[str, Any]:
    return getattr(plugin, "DEFAULTS", {})


def configured(plugin: ModuleType) -> dict[str, Any]:
    """The settings of this call."""
    config, problems = settings(_defaults(plugin), wire_config.get())
    if problems:
        raise ValueError("configuration: " + "; ".join(f"{problem.field} {problem.message}" for problem in problems))
    return config


def _validated(plugin: ModuleType, text: str) -> list[FieldError]:
    config, problems = settings(_defaults(plugin), text)
    if problems or not hasattr(plugin, "validate"):
        return problems
    try:
        return list(plugin.validate(config) or [])
    except Exception as error:
        return [FieldError("", f"the plugin failed over it: {explain(error)}")]


def plugin_information(plugin: ModuleType, name: str, version: str, description: str) -> type:
    """The export `plugin-info`."""
    info = plugin_info.Info(name, version, description, json.dumps(_defaults(plugin)))

    class PluginInfo(exports.PluginInfo):
        def describe(self) -> plugin_info.Info:
            return info

        def validate_config(self, config: str) -> None:
            problems = _validated(plugin, config)
            if problems:
                raise Err([plugin_info.FieldError(problem.field, problem.message) for problem in problems])

    return PluginInfo
