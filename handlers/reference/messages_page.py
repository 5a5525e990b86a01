"""The page of messages that come unasked, from the same table that decides about their sound."""

from __future__ import annotations

from collections.abc import Iterator

from handlers.rendering.kinds import KINDS

_HEAD = """# Messages that come unasked

Generated from the code by `make docs`. In `telegram.quiet_hours` every message still comes; those
that are marked as heard make their sound even then. Some kinds can be switched off with a key of
`telegram.notify`; the others always come, once for each thing that happened.

| kind | what happened | in quiet hours | switched off by |
|---|---|---|---|"""


def messages_page() -> str:
    """Return the page."""
    return "\n".join((_HEAD, *_rows(), ""))


def _rows() -> Iterator[str]:
    for name, kind in KINDS.items():
        sound = "heard" if kind.is_loud else "silent"
        switch = "–" if kind.switch is None else f"`notify.{kind.switch} = false`"
        yield f"| `{name}` | {kind.about}. | {sound} | {switch} |"
