"""Which model describes the table at a place of the file."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from types import UnionType
from typing import Any

from pydantic import BaseModel

from trading.config.binance import BinanceVenue
from trading.config.configuration import Configuration
from trading.config.paper import PaperSection
from trading.config.portfolio import Allocation, RebalanceRules, RebalanceSection
from trading.config.signals import SignalsSection
from trading.config.toml_places import Place
from trading.config.venues import KrakenVenue

VENUE_KINDS: Mapping[str, type[BaseModel]] = {"kraken": KrakenVenue, "binance": BinanceVenue}


def model_at(place: Place, data: Mapping[str, Any]) -> type[BaseModel] | None:
    """Return the model of a table, None where there is none; `data` tells a venue's kind."""
    match place:
        case ("venues", name):
            table = data.get("venues", {}).get(name, {})
            return VENUE_KINDS.get(str(table.get("kind"))) if isinstance(table, Mapping) else None
        case ("allocation", _):
            return Allocation
        case ("paper", _):
            return PaperSection
        case ("signals", _):
            return SignalsSection
        case ("rebalance",):
            return RebalanceSection
        case ("rebalance", _):
            return RebalanceRules
        case _:
            return _nested(place)


def _nested(place: Place) -> type[BaseModel] | None:
    model: type[BaseModel] = Configuration
    for part in place:
        field = model.model_fields.get(part)
        inner = table_model(field.annotation) if field else None
        if inner is None:
            return None
        model = inner
    return model


def table_model(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field's type holds (it may be optional), None for plain values."""
    parts = [annotation]
    if isinstance(annotation, UnionType) or typing.get_origin(annotation) is typing.Union:
        parts = list(typing.get_args(annotation))
    models = [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]
    return models[0] if len(models) == 1 else None
