"""The JSON bodies of the control address and the page, read with care."""

import json
from typing import Any

from aiohttp import web

from simulators.telegram.errors import Refused


async def json_object(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError:
        raise Refused("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Refused("The body must be a JSON object.")
    return body


def number(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int):
        raise Refused(f"{name} must be a whole number, was {value!r}")
    return value


def optional_number(body: dict[str, Any], name: str) -> int | None:
    return None if body.get(name) is None else number(body, name)


def text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise Refused(f"{name} must be text, was {value!r}")
    return value
