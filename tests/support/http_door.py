"""Asking the HTTP door, and reading what it says of itself."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

Series = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """One answer."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    def samples(self) -> dict[Series, float]:
        """Return every value of a page of metrics, by name and labels."""
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        """Return one value; None where there is no such series."""
        return self.samples().get((name, frozenset(labels.items())))


async def ask(
    place: int | Path,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> Got:
    """Ask the door at a port, or at a socket."""
    connector = aiohttp.UnixConnector(str(place)) if isinstance(place, Path) else None
    base = "http://localhost" if isinstance(place, Path) else f"http://127.0.0.1:{place}"
    timeout = aiohttp.ClientTimeout(total=60)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        session.request(method, base + path, headers=dict(headers or {})) as response,
    ):
        return Got(
            status=response.status, text=await response.text(), headers=dict(response.headers)
        )


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
