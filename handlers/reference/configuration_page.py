"""docs/configuration.md: every key, its default, and whether a reload is enough."""

from __future__ import annotations

from collections.abc import Iterator

from handlers.reference.tables import Key, Table, tables
from trading.config.venues import AVAILABLE_KINDS, LATER_KINDS

_OPENING = f"""\
# Configuration

One file in TOML, `config.toml` unless `--config` names another. `bot.py init` writes one,
`bot.py check` tries it. Each mistake is told in a line with its place, and nothing starts
while there is one: unknown keys, wrong types, missing secrets and contradictions are mistakes.

- A **length of time** is text such as `"90s"`, `"5m"`, `"1h30m"` or `"2d"`.
- A **fraction** is a number from 0 to 1; a percentage is never meant.
- A **secret** is text (then only you may read the file: `chmod 600`), or says where it is:
  `{{ env = "NAME" }}`, `{{ file = "PATH" }}`, `{{ credential = "NAME" }}` (systemd).
- A **schedule** is `"off"`, a length of time such as `"6h"`, or a cron line of five fields such as
  `"30 8 * * mon-fri"` in your timezone, week days by name.
- An **address** is `https://…`; plain `http://` is allowed on this machine only.
- **Reload** says whether a new value is in force after `SIGHUP` or `bot.py reload`; "restart"
  means that the old one stays until the next start, and the answer to the reload says so.

Kinds of venue: {", ".join(AVAILABLE_KINDS)}. Recognised, and not available in this version:
{", ".join(LATER_KINDS)}.
"""


def configuration_page() -> str:
    """Return the page."""
    return "\n".join([_OPENING, *(line for table in tables() for line in _section(table))])


def _section(table: Table) -> Iterator[str]:
    yield f"## {_title(table)}"
    yield ""
    yield table.about
    yield ""
    if table.header == "[rebalance]":
        yield "A table `[rebalance.NAME]` changes any of these for one venue."
        yield ""
    yield "| key | written as | default | reload | meaning |"
    yield "|---|---|---|---|---|"
    yield from map(_row, table.keys)
    yield ""


def _title(table: Table) -> str:
    header, _, condition = table.header.partition(" ")
    return f"`{header}`" + (f" {condition}" if condition else "")


def _row(key: Key) -> str:
    default = "required" if key.is_required else f"`{key.default}`" if key.default else "not set"
    reload = "at once" if key.is_hot else "restart"
    return f"| `{key.name}` | {key.kind} | {default} | {reload} | {key.meaning} |"
