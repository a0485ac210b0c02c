"""Tells a story to a server with gitea-api-client, whose models check every answer.

Standard input: JSON with `url`, `token`, `given` (values that steps name by `$name`) and `steps`. Standard output: JSON with
`operations` (all that the client has), `driven`, `problems`, and `absent` (fields of models that an answer did not have)."""
import asyncio
import inspect
import json
import re
import sys

import gitea_api_client as gitea
from gitea_api_client import api
from pydantic import BaseModel

DEFAULTS = {"owner": "ann", "repo": "tool", "org": "smiths", "username": "bob"}


def shape(path):
    return re.sub(r"\{[^}]*\}", "{}", path)


def found():
    """What the client has: method and shape of the address, with the class and the name of the call."""
    calls = {}
    for title, group in inspect.getmembers(api, inspect.isclass):
        for name, function in vars(group).items():
            named = re.fullmatch(r"_(.+)_serialize", name)
            if not named:
                continue
            source = inspect.getsource(function)
            method = re.search(r"method='(\w+)'", source).group(1)
            path = re.search(r"resource_path='([^']+)'", source).group(1)
            calls[(method, shape(path))] = (group, named.group(1), path, source)
    return calls


def named_parts(source, pattern):
    return dict(re.findall(pattern, source))


def prepared(step, kept):
    """The step with `$name` replaced by what was kept."""
    if isinstance(step, dict):
        return {key: prepared(value, kept) for key, value in step.items()}
    if isinstance(step, list):
        return [prepared(value, kept) for value in step]
    if isinstance(step, str) and step.startswith("$"):
        return kept[step[1:]]
    return step


def arguments(step, call):
    """What the call takes: parts of the address by their place, the others by name."""
    _, _, path, source = call
    parts = named_parts(source, r"_path_params\['([^']+)'\] = (\w+)")
    queries = named_parts(source, r"_query_params\.append\(\('([^']+)', (\w+)\)\)")
    given = {**DEFAULTS, **step.get("in", {})}
    ours = re.findall(r"\{([^}]*)\}", step["do"])
    theirs = re.findall(r"\{([^}]*)\}", path)
    taken = {parts[their]: given[our] for our, their in zip(ours, theirs)}
    taken.update({queries[name]: value for name, value in step.get("query", {}).items()})
    if "body" in step:
        taken[re.search(r"_body_params = (\w+)\n", source).group(1)] = step["body"]
    if "file" in step:
        taken[re.search(r"_files\['[^']+'\] = (\w+)\n", source).group(1)] = ("file", step["file"].encode())
    return taken


def missing(model, raw, absent):
    """Collects the fields that a model has and the answer has not."""
    if isinstance(model, list) and isinstance(raw, list):
        for one, its in zip(model, raw):
            missing(one, its, absent)
    elif isinstance(model, BaseModel) and isinstance(raw, dict):
        for name, field in type(model).model_fields.items():
            known = field.alias or name
            if known == "additional_properties":
                continue
            if known in raw:
                missing(getattr(model, name), raw[known], absent)
            else:
                absent.add(f"{type(model).__name__}.{known}")


def promised(group, name):
    """The statuses that the client knows an answer for."""
    source = inspect.getsource(getattr(group, name + "_with_http_info"))
    return [int(status) for status in re.findall(r"'(\d{3})': ", source)]


async def take(step, calls, client, kept, absent):
    """Drives one step; what is wrong, if anything."""
    method, path = step["do"].split(" ", 1)
    call = calls[(method, shape(path))]
    group, name = call[0], call[1]
    try:
        answer = await getattr(group(client), name + "_with_http_info")(**arguments(step, call))
        status, raw, data = answer.status_code, answer.raw_data, answer.data
    except gitea.ApiException as refused:
        status, raw, data = refused.status, (refused.body or "").encode(), None
    if status != step["status"]:
        return f"status {status}: {raw[:300]}"
    if status not in promised(group, name) and "differs" not in step:
        return f"status {status} is none that the client knows: {promised(group, name)}"
    known = json.loads(raw) if data is not None and not isinstance(data, (bytes, bytearray, str)) else None
    missing(data, known, absent)
    for name, place in step.get("keep", {}).items():
        value = known
        for part in place.split("."):
            value = value[part]
        kept[name] = value
    return None


async def main():
    asked = json.load(sys.stdin)
    configuration = gitea.Configuration(host=asked["url"] + "/api/v1")
    client = gitea.ApiClient(configuration, "Authorization", "token " + asked["token"])
    calls, kept, absent, problems, driven = found(), asked["given"], set(), [], []
    for step in asked["steps"]:
        method, path = step["do"].split(" ", 1)
        if (method, shape(path)) not in calls:
            continue
        driven.append(f"{method} {shape(path)}")
        try:
            wrong = await take(prepared(step, kept), calls, client, kept, absent)
        except Exception as error:  # a model's error, mostly: all of them are wanted at once
            wrong = f"{type(error).__name__}: {error}"
        if wrong:
            problems.append(f"{step['do']}: {wrong}")
    await client.close()
    operations = sorted(f"{method} {path}" for method, path in calls)
    json.dump({"operations": operations, "driven": driven, "problems": problems, "absent": sorted(absent)}, sys.stdout)


asyncio.run(main())
