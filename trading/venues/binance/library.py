"""Loads python-binance late and without what the bot never uses of it."""

from __future__ import annotations

import importlib
import sys
import warnings
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trading.venues.binance.requests import RequestBuilder

_UNUSED = ("dateparser",)
"""Reads dates as people write them, costs much memory and is imported by the library at once."""


def load_builder() -> type[RequestBuilder]:
    """Return the class that builds requests; the first call imports the library."""
    for name in _UNUSED:
        if name not in sys.modules:
            sys.modules[name] = _Later(name)
    with warnings.catch_warnings():
        # Its own socket client, which nothing here uses, is built on a deprecated module.
        warnings.simplefilter("ignore", DeprecationWarning)
        from trading.venues.binance.requests import RequestBuilder
    return RequestBuilder


class _Later(ModuleType):
    """Stands in for a module until something of it is asked for.

    importlib's own LazyLoader loads at the very next import of the name.
    """

    def __getattr__(self, name: str) -> Any:
        """Load the module that this stands in for, and hand out what was asked for."""
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)
