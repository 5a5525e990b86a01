"""Faults on demand: what goes wrong, for which calls, how many times."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Any

EVERY = "*"
LONGEST = 10**6
LARGEST_STATUS = 599

Known = Mapping[str, Mapping[str, Any]]
Fits = Callable[[str, str, Any], bool]


class UnknownFaultError(Exception):
    """A fault that does not exist or does not fit; the message says which do."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """`left` is how often it will still strike; None means until it is taken away."""

    name: str
    match: str
    left: int | None
    parameters: dict[str, Any]

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "match": self.match, "count": self.left, **self.parameters}

    def seconds(self) -> float:
        return float(self.parameters["seconds"])

    def fraction(self) -> Decimal:
        return Decimal(str(self.parameters["fraction"]))


class FaultBook:
    """`known` are the venue's faults, each with its own parameters and their defaults.

    `fits` says of a fault's name, a parameter and its value whether it makes sense: what would
    fail only when the fault strikes is refused at once.
    """

    def __init__(self, *, known: Known, fits: Fits) -> None:
        self._known = known
        self._fits = fits
        self._active: list[Fault] = []

    def add(self, wish: Mapping[str, Any]) -> Fault:
        """Install what a control call asks for: {"name", "count", "match", ...parameters}."""
        name, known = wish.get("name"), self._known
        if not isinstance(name, str) or name not in known:
            raise UnknownFaultError(f"no fault is named {name!r}; there are {', '.join(known)}")
        given = {key: wish[key] for key in wish if key not in {"name", "count", "match"}}
        if unknown := sorted(set(given) - set(known[name])):
            raise UnknownFaultError(f"{name} takes {sorted(known[name])}, was given {unknown}")
        count = wish.get("count")
        if count is not None and (type(count) is not int or count < 1):
            raise UnknownFaultError(f"count must be a positive number or null, was {count!r}")
        parameters = {**known[name], **given}
        for key, value in parameters.items():
            if not self._fits(name, key, value):
                raise UnknownFaultError(f"{name} cannot have {key} = {value!r}")
        fault = Fault(
            name=name, match=str(wish.get("match") or EVERY), left=count, parameters=parameters
        )
        self._active.append(fault)
        return fault

    def remove(self, name: str | None) -> int:
        """Take away all faults, or all of one name; answer how many."""
        kept = [fault for fault in self._active if name is not None and fault.name != name]
        removed = len(self._active) - len(kept)
        self._active = kept
        return removed

    def describe(self) -> list[dict[str, Any]]:
        return [fault.describe() for fault in self._active]

    def active(self, name: str, *names: str) -> Fault | None:
        """Look whether a fault is there, without using it up; without names, for everything.

        `names` are what the call or the frame may be called; one that matches is enough.
        """
        for fault in self._active:
            if fault.name == name and (
                fault.match == EVERY or any(fnmatchcase(each, fault.match) for each in names)
            ):
                return fault
        return None

    def strike(self, name: str, *names: str) -> Fault | None:
        """Use a fault once if it is there for this call."""
        fault = self.active(name, *names)
        if fault is not None and fault.left is not None:
            fault.left -= 1
            if fault.left == 0:
                self._active.remove(fault)
        return fault

    def spoil_balances(self, assets: Sequence[str], *names: str) -> Sequence[str]:
        """Say which assets an answer about balances still mentions."""
        if self.strike("empty_balances", *names):
            return ()
        if fault := self.strike("partial_balances", *names):
            missing = fault.parameters["assets"] or assets[1::2]
            return [asset for asset in assets if asset not in missing]
        return assets


def are_seconds(value: Any, *, backwards: bool) -> bool:
    is_number = isinstance(value, int | float) and abs(value) < LONGEST
    return is_number and (value >= 0 or backwards)


def is_status(value: Any, *, least: int) -> bool:
    return type(value) is int and least <= value <= LARGEST_STATUS


def is_share(value: Any) -> bool:
    try:
        return isinstance(value, str) and 0 <= Decimal(value) <= 1
    except InvalidOperation:
        return False
