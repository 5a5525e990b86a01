"""What became of the failures, as the rows of a table and what they come to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.healing_values import Failure
from bench.measures import Measure, quantile
from tests.support.local_telegram import Shown

AIM_SHARE = 0.95
AIM_SECONDS = 5.0
MOST_WORDS = 110
TITLE = 20
HEAD = ("failure", "healed", "first message", "in time", "what the bot said")
_FILL = re.compile(r"^(Bought|Sold) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What became of one; the times are from the first strike on, None where it never came."""

    failure: Failure
    healed_seconds: float | None
    told_seconds: float | None
    said: str
    why_not: str = ""


def in_short(said: Sequence[Shown]) -> str:
    """Return the first lines of what was said, each once, without fills."""
    heads: list[str] = []
    for each in said:
        lines = each.text.strip().split("\n")
        is_title = len(lines[0]) <= TITLE and len(lines) > 1
        head = ": ".join(lines[:2]) if is_title else lines[0]
        if head and head not in heads and not _FILL.match(head):
            heads.append(head)
    words = " / ".join(
        head if len(head) <= MOST_WORDS else f"{head[:MOST_WORDS]}…" for head in heads
    )
    return words.replace("|", "¦")


def rows(found: Sequence[Found]) -> list[Measure]:
    """Return a row for each failure."""
    return [
        Measure(
            name=f"{each.failure.name} · {each.failure.door}, {each.failure.situation}",
            value="NO" if each.healed_seconds is None else f"{each.healed_seconds:.1f} s",
            aim="none needed" if each.failure.told is None else _seconds(each.told_seconds),
            fits=_is_told_in_time(each),
            note=each.said + (f" [{each.why_not}]" if each.why_not else ""),
        )
        for each in found
    ]


def _seconds(seconds: float | None) -> str:
    return "NEVER" if seconds is None else f"{seconds:.1f} s"


def _is_told_in_time(found: Found) -> bool | None:
    if found.failure.told is None:
        return None
    return found.told_seconds is not None and found.told_seconds < AIM_SECONDS


def summary(found: Sequence[Found]) -> list[Measure]:
    """Return what all of them come to."""
    healed = [each.healed_seconds for each in found if each.healed_seconds is not None]
    told = [each.told_seconds for each in found if each.told_seconds is not None]
    late = [each for each in found if _is_told_in_time(each) is False]
    needed = sum(each.failure.told is not None for each in found)
    share = len(healed) / len(found)
    return [
        Measure(
            name="failures that heal without a person",
            value=f"{len(healed)} of {len(found)} ({100 * share:.0f} %)",
            aim=f"> {100 * AIM_SHARE:.0f} %",
            fits=share >= AIM_SHARE,
            note=f"median {quantile(healed or [0.0], 0.5):.1f} s, "
            f"longest {max(healed, default=0.0):.1f} s",
        ),
        Measure(
            name="first fault to the owner's message",
            value=f"{max(told, default=0.0):.1f} s at most",
            aim=f"< {AIM_SECONDS:.0f} s",
            fits=not late,
            note=f"{needed} needed one, median "
            f"{quantile(told or [0.0], 0.5):.1f} s; {len(late)} came later or not at all",
        ),
    ]
