"""The configuration that the demo's bot gets: the keys that anybody's own would have."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handlers.process.commands import Demo

OWNER, VIEWER = 1001, 1002
_STREAMS = {"kraken": ("ws_url", "ws_auth_url"), "binance": ("ws_url", "ws_api_url")}
"""What a venue's table calls the addresses of its sockets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPortfolio:
    """What the demo's owner holds and wants at one venue; amounts as text."""

    base: str
    targets: Mapping[str, str]
    balances: Mapping[str, str]
    pairs: tuple[str, ...]
    """Empty: those that the local venue shows by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoVenue:
    """A local venue that runs; its name is its kind too. `ready` is what it said at its start."""

    name: str
    portfolio: DemoPortfolio
    ready: Mapping[str, Any]


def state_name(command: Demo) -> str:
    """Return the folder of the bot's state: on paper another one, as its books are others."""
    return "bot-paper" if command.paper else "bot"


def config_text(
    command: Demo, root: Path, venues: Sequence[DemoVenue], telegram: Mapping[str, Any]
) -> str:
    """Write what holds for the bot, then a table for each venue."""
    mode = "paper" if command.paper else "live"
    head = f"""\
# Written by the demo; the same keys as your own configuration would have.
[bot]
state_dir = {json.dumps(str(root / state_name(command)))}
mode = "{mode}"
live_confirmed = {json.dumps(not command.paper)}
base_currency = "{venues[0].portfolio.base}"

[telegram]
token = "{telegram["token"]}"
api_url = "{telegram["api_url"]}"
owners = [{OWNER}]
viewers = [{VIEWER}]

[rebalance]
max_turnover = 1.0
"""
    return "\n".join([head, *(_venue_text(venue, paper=command.paper) for venue in venues)])


def _venue_text(venue: DemoVenue, *, paper: bool) -> str:
    ready, portfolio = venue.ready, venue.portfolio
    targets = ", ".join(f"{asset} = {weight}" for asset, weight in portfolio.targets.items())
    urls = dict(zip(_STREAMS[venue.name], _sockets(ready), strict=True))
    # On paper no key is used, so the demo gives none: what is not there cannot be reached.
    keys = {} if paper else {"key": ready["key"], "secret": ready["secret"]}
    tier = {"tier": "pro"} if venue.name == "kraken" else {}
    words = {"kind": venue.name, **keys, "rest_url": ready["rest_url"], **urls, **tier}
    table = "\n".join(f"{key} = {json.dumps(value)}" for key, value in words.items())
    held = ", ".join(f"{asset} = {amount}" for asset, amount in portfolio.balances.items())
    account = f"\n[paper.{venue.name}]\nbalances = {{ {held} }}\n" if paper else ""
    return f"""\
[venues.{venue.name}]
{table}

[allocation.{venue.name}]
base = "{portfolio.base}"
targets = {{ {targets} }}
{account}"""


def _sockets(ready: Mapping[str, Any]) -> tuple[str, str]:
    if "ws_auth_url" in ready:
        return ready["ws_url"], ready["ws_auth_url"]
    return ready["stream_url"].removesuffix("/stream"), ready["ws_api_url"]


def write_config(path: Path, text: str) -> None:
    """Only its owner may read a file with secrets in it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
