"""Every table and key of the configuration, read from its models."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from trading.config import values
from trading.config.durations import format_duration
from trading.config.http import HostName, HttpSection, Listen
from trading.config.paper import PaperSection
from trading.config.portfolio import Allocation, RebalanceRules
from trading.config.reload import is_hot
from trading.config.risk import RiskSection
from trading.config.schema import VENUE_KINDS, table_model
from trading.config.secret import Secret
from trading.config.sections import BotSection, JobsSection, TelegramSection
from trading.config.signals import SignalsSection

_WRITTEN_AS: Mapping[object, str] = {
    marker: word
    for annotated, word in (
        (values.Duration, "length of time"),
        (values.Number, "number"),
        (values.Share, "fraction"),
        (values.ShareOrOff, 'fraction or "off"'),
        (values.NumberOrOff, 'number or "off"'),
        (values.CountOrOff, 'whole number or "off"'),
        (values.AssetCode, "asset"),
        (values.Url, "address"),
        (values.Timezone, "timezone"),
        (values.LocalPath, "path"),
        (values.Quiet, "hours"),
        (values.When, "schedule"),
        (values.SecretText, "secret"),
        (Listen, "address"),
        (HostName, "host name"),
    )
    for marker in typing.get_args(annotated)[1:]
    if isinstance(marker, BeforeValidator)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key as a reader of the reference needs it."""

    name: str
    kind: str
    default: str | None
    """As it is written in the file; None where there is no default or nothing to write."""
    is_required: bool
    is_hot: bool
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the file; `about` is its model's own sentence."""

    header: str
    about: str
    keys: tuple[Key, ...]


def tables() -> tuple[Table, ...]:
    """Return the whole configuration, in the order of the example file."""
    return (
        _table("bot", BotSection),
        _table("telegram", TelegramSection),
        _table("http", HttpSection),
        *(_table("venues.NAME", model, kind) for kind, model in VENUE_KINDS.items()),
        _table("allocation.NAME", Allocation),
        _table("rebalance", RebalanceRules),
        _table("paper.NAME", PaperSection),
        _table("signals.NAME", SignalsSection),
        _table("risk", RiskSection),
        _table("jobs", JobsSection),
    )


def written(value: object) -> str | None:
    """Return a value as TOML, None where TOML cannot say it (it is left out then)."""
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case int() | Decimal():
            return str(value)
        case timedelta():
            return f'"{format_duration(value)}"'
        case ZoneInfo():
            return f'"{value.key}"'
        case str() | Path():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(filter(None, map(written, value)))}]"
        case Mapping():
            pairs = ", ".join(f"{key} = {written(each)}" for key, each in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case BaseModel():
            return written({name: getattr(value, name) for name in type(value).model_fields})
        case _:
            return f'"{value}"'


def _table(header: str, model: type[BaseModel], kind: str | None = None) -> Table:
    about = (model.__doc__ or "").strip()
    keys = tuple(_keys(header, model))
    if kind is not None:
        header = f'{header}] with kind = "{kind}"'
        return Table(header=f"[{header}", about=about, keys=keys)
    return Table(header=f"[{header}]", about=about, keys=keys)


def _keys(header: str, model: type[BaseModel]) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        inner = table_model(field.annotation)
        if inner is not None:
            for key in _keys(f"{header}.{name}", inner):
                yield Key(
                    name=f"{name}.{key.name}",
                    kind=key.kind,
                    default=key.default,
                    is_required=False,
                    is_hot=key.is_hot,
                    meaning=key.meaning,
                )
            continue
        yield Key(
            name=name,
            kind=kind_of(field),
            default=None if field.is_required() else written(field.default),
            is_required=field.is_required(),
            is_hot=is_hot(f"{header}.{name}"),
            meaning=field.description or "",
        )


def kind_of(field: FieldInfo) -> str:
    """Return in one or two words how the value is written."""
    for marker in field.metadata:
        if marker in _WRITTEN_AS:
            return _narrowed(_WRITTEN_AS[marker], field)
    return _kind(field.annotation)


def _narrowed(word: str, field: FieldInfo) -> str:
    limits = {getattr(marker, "le", None) for marker in field.metadata}
    return "fraction" if word == "number" and 1 in limits else word


def _kind(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return " or ".join(f'"{each}"' for each in arguments)
    if origin is typing.Annotated:
        found = [_WRITTEN_AS[each] for each in arguments[1:] if each in _WRITTEN_AS]
        return found[0] if found else _kind(arguments[0])
    if origin is tuple:
        return f"list of {_kind(arguments[0])}s"
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return f"table of {_kind(arguments[1])}s"
    others = [each for each in arguments if each is not type(None)]
    if others:
        return _kind(others[0])
    return {bool: "true or false", int: "whole number", Secret: "secret"}.get(annotation, "text")
