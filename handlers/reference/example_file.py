"""config.example.toml: what most owners set is set, everything else stands there as a comment."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from handlers.reference.tables import Key, Table, tables

_WIDTH = 95

_OPENING = """\
# Steelyard's configuration, with every key there is. Copy it, or let `bot.py init` write
# yours. Lines behind a single # are keys at their defaults; docs/configuration.md has them too.
# As it stands the bot looks at your account and trades nothing: trading_enabled is false.
#
# The file may hold secrets as text when only you can read it (chmod 600); here they come from
# the environment. { file = "PATH" } and systemd's { credential = "NAME" } work as well.
"""

_SET: Mapping[str, str] = {
    "bot.mode": '"live"',
    "bot.live_confirmed": "true",
    "bot.trading_enabled": "false",
    "bot.base_currency": '"USD"',
    "bot.timezone": '"UTC"',
    "telegram.token": '{ env = "TELEGRAM_TOKEN" }',
    "telegram.owners": "[123456789]",
    "venues.kraken.kind": '"kraken"',
    "venues.kraken.key": '{ env = "KRAKEN_KEY" }',
    "venues.kraken.secret": '{ env = "KRAKEN_SECRET" }',
    "venues.binance.kind": '"binance"',
    "venues.binance.key": '{ env = "BINANCE_KEY" }',
    "venues.binance.secret": '{ env = "BINANCE_SECRET" }',
    "allocation.kraken.targets": "{ BTC = 0.5, ETH = 0.3 }",
}
_UNSET: Mapping[str, str] = {
    "telegram.chat_id": "-1001234567890",
    "telegram.thread_id": "7",
    "telegram.quiet_hours": '"22:00-07:00"',
    "http.token": '{ env = "STEELYARD_HTTP_TOKEN" }',
    "allocation.kraken.base": '"EUR"',
    "rebalance.band_rel": "0.25",
    "paper.kraken.fee": "0.0026",
    "risk.max_order_notional": "1000",
    "risk.max_exposure": "0.6",
    "rebalance.schedule": '"30 8 * * mon-fri"',
}
"""Values to show for keys that have no default."""
_OFF = frozenset({"[http]", "[venues.binance]"})
"""Tables whose very presence switches something on."""


def example_file() -> str:
    """Return the file."""
    shown = map(_named, tables())
    return "\n".join([_OPENING, *(line for table in shown for line in _section(table))])


def _named(table: Table) -> Table:
    header, _, rest = table.header.partition("] with kind = ")
    name = rest.strip('"') or "kraken"
    header = f"{header.removesuffix(']')}]".replace("NAME", name)
    return Table(header=header, about=table.about, keys=table.keys)


def _section(table: Table) -> Iterator[str]:
    yield from _comment(table.about)
    yield f"# {table.header}" if table.header in _OFF else table.header
    for key in table.keys:
        yield from _comment(key.meaning)
        yield _line(table.header.strip("[]"), key)
    yield ""
    if table.header == "[rebalance]":
        yield from _comment("Any of these may be changed for one venue:")
        yield "# [rebalance.kraken]"
        yield "# min_order = 25"
        yield ""


def _line(section: str, key: Key) -> str:
    full_name = f"{section}.{key.name}"
    if full_name in _SET:
        mark = "# " if f"[{section}]" in _OFF else ""
        return f"{mark}{key.name} = {_SET[full_name]}"
    if key.default is not None:
        return f"# {key.name} = {key.default}"
    return f"# {key.name} = {_UNSET[full_name]}  # not set by default"


def _comment(text: str) -> Iterator[str]:
    """Two marks, so that a key that is commented out can be told from words."""
    for line in textwrap.wrap(text, _WIDTH):
        yield f"## {line}"
