"""Comparing what a simulator answers with a recorded answer: the same fields, the same types."""

from typing import Any


def kind(value: Any) -> str:
    """Say what a value is on the wire; a number may be whole or not."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "list"
        case _:
            return "object"


def differences(ours: Any, theirs: Any, *, optional: frozenset[str], at: str = "") -> list[str]:
    """Compare field by field; lists by what their items are."""
    if "null" in {kind(ours), kind(theirs)}:
        return []  # a null says nothing about what may stand there
    if kind(ours) != kind(theirs):
        return [f"{at}: {kind(ours)} where the venue has {kind(theirs)}"]
    found: list[str] = []
    if isinstance(ours, dict):
        for name in (ours.keys() ^ theirs.keys()) - optional:
            found += [f"{at}.{name}: only {'ours' if name in ours else 'theirs'}"]
        for name in ours.keys() & theirs.keys():
            found += differences(ours[name], theirs[name], optional=optional, at=f"{at}.{name}")
    elif isinstance(ours, list) and ours and theirs:
        pairs = zip(ours, theirs, strict=False)
        for place, (mine, other) in enumerate(pairs):
            found += differences(mine, other, optional=optional, at=f"{at}[{place}]")
    return found
