"""A repair in words, step by step."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.rendering.text import bold, escape
from trading.intents.repair import RepairLine, StepOutcome, VenueRepair

_SIGNS = {StepOutcome.DONE: "✅", StepOutcome.FAILED: "❌", StepOutcome.SKIPPED: "▫"}


def line(step: RepairLine) -> str:
    """One step with its outcome and how long it took."""
    return (
        f"{_SIGNS[step.outcome]} {escape(step.venue)}, {escape(step.step)}: "
        f"{escape(step.detail)} ({step.duration_seconds:.2f} s)"
    )


def progress(steps: Sequence[RepairLine]) -> str:
    """How far it is."""
    return "\n".join([bold("Repairing…"), *map(line, steps)])


def result(repairs: Sequence[VenueRepair]) -> str:
    """Say how it went, and what is left to do."""
    is_well = all(each.is_well for each in repairs)
    head = "Repaired: all is well" if is_well else "Repaired as far as it could be"
    steps = [line(step) for repaired in repairs for step in repaired.lines]
    took = max((each.duration_seconds for each in repairs), default=0.0)
    tail = [] if is_well else ["What failed can be tried again at any time: /repair."]
    return "\n".join([bold(head), *steps, *tail, f"<i>{took:.1f} s</i>"])


def verified(lines: Sequence[RepairLine]) -> str:
    """What is as it should be, and what is not."""
    return "\n".join(
        [bold("Verified"), *map(line, lines), "/verify ASSET AMOUNT checks one amount."]
    )
