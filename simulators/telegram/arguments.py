"""The arguments of one API call, whether they came as a query, a form, several parts or JSON."""

import json
import mimetypes
from dataclasses import dataclass
from typing import Any

from aiohttp import hdrs, web
from aiohttp.web_request import FileField

from simulators.telegram.errors import ApiError, bad_request

_TRUE_WORDS = frozenset({"true", "yes", "1", "True"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    name: str
    content: bytes
    mime_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """Every value is text as it came over the wire; nested ones are JSON inside the text."""

    values: dict[str, str]
    uploads: dict[str, Upload]

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def integer(self, name: str, default: int = 0) -> int:
        """The whole number given, or the default where there is none, as the server reads it."""
        try:
            return int(self.values.get(name, "").strip())
        except ValueError:
            return default

    def flag(self, name: str) -> bool:
        return self.values.get(name, "").strip() in _TRUE_WORDS

    def has(self, name: str) -> bool:
        return bool(self.values.get(name))

    def json(self, name: str, *, what: str) -> Any:
        """The nested value, None where absent; refuses what is not JSON, naming `what`."""
        source = self.values.get(name, "")
        if not source:
            return None
        try:
            return json.loads(source)
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None


async def read_arguments(request: web.Request) -> Arguments:
    values = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.method == hdrs.METH_POST:
        if request.content_type == "application/json":
            values.update(await _json_values(request))
        else:
            await _add_form(request, values, uploads)
    return Arguments(values=values, uploads=uploads)


async def _json_values(request: web.Request) -> dict[str, str]:
    body = await request.read()
    try:
        fields = json.loads(body) if body else {}
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(fields, dict):
        raise bad_request("can't parse JSON object")
    return {name: _as_text(value) for name, value in fields.items() if value is not None}


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


async def _add_form(
    request: web.Request, values: dict[str, str], uploads: dict[str, Upload]
) -> None:
    try:
        form = await request.post()
    except web.HTTPRequestEntityTooLarge:
        raise ApiError(413, "Request Entity Too Large") from None
    except (UnicodeDecodeError, ValueError):
        raise bad_request("strings must be encoded in UTF-8") from None
    for name, value in form.items():
        if isinstance(value, FileField):
            content = value.file.read()
            guessed = mimetypes.guess_type(value.filename)[0]
            uploads[name] = Upload(
                name=value.filename,
                content=content,
                mime_type=guessed or value.content_type or "application/octet-stream",
            )
        elif isinstance(value, str):
            values[name] = value
        else:
            values[name] = value.decode()
