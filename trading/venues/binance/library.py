"""Loads python-binance late and without what the bot never uses of it."""

from __future__ import annotations

import importlib.util
import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trading.venues.binance.requests import RequestBuilder

_UNUSED = ("dateparser",)
"""Only reads dates that people write, costs 11 MiB and is imported by the library at once."""


def load_builder() -> type[RequestBuilder]:
    """Return the class that builds requests; the first call imports the library."""
    for name in _UNUSED:
        _import_on_first_use(name)
    with warnings.catch_warnings():
        # Its own socket client, which nothing here uses, is built on a deprecated module.
        warnings.simplefilter("ignore", DeprecationWarning)
        from trading.venues.binance.requests import RequestBuilder
    return RequestBuilder


def _import_on_first_use(name: str) -> None:
    if name in sys.modules:
        return
    found = importlib.util.find_spec(name)
    if found is None or found.loader is None:
        return
    found.loader = importlib.util.LazyLoader(found.loader)
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
