"""Calls from the panel, passed on to the control addresses of the venue and of the launcher."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from simulators.telegram.errors import Refused

_PATIENCE_SECONDS = 3.0


class ControlAddress:
    """One control address; what it answers is passed on, what it refuses is said in words."""

    def __init__(self, *, name: str, url: str, session: aiohttp.ClientSession) -> None:
        self._name = name
        self._url = url
        self._session = session

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            async with self._session.request(method, f"{self._url}{path}", json=body) as answer:
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError) as failed:
            reason = str(failed) or type(failed).__name__
            raise Refused(f"The {self._name} does not answer: {reason}", status=502) from failed
        if answer.status >= 400:  # noqa: PLR2004 -- HTTP's own border
            raise Refused(f"The {self._name} refused: {_reason(text)}", status=502)
        return json.loads(text) if text else {}


def _reason(text: str) -> str:
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text.strip()


@asynccontextmanager
async def control_addresses(
    urls: Mapping[str, str | None],
) -> AsyncIterator[dict[str, ControlAddress | None]]:
    """Give the addresses under the same names: each name is how its messages call it."""
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield {
            name: None if url is None else ControlAddress(name=name, url=url, session=session)
            for name, url in urls.items()
        }
