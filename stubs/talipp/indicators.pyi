from collections.abc import Iterator
from typing import Generic, TypeVar

from talipp.ohlcv import OHLCV

T = TypeVar("T")

class _Values(Generic[T]):
    def __iter__(self) -> Iterator[T | None]: ...

class BBVal:
    lb: float
    cb: float
    ub: float

class EMA(_Values[float]):
    def __init__(self, period: int, input_values: list[float] | None = None) -> None: ...

class ATR(_Values[float]):
    def __init__(self, period: int, input_values: list[OHLCV] | None = None) -> None: ...

class RSI(_Values[float]):
    def __init__(self, period: int, input_values: list[float] | None = None) -> None: ...

class BB(_Values[BBVal]):
    def __init__(
        self, period: int, std_dev_mult: float, input_values: list[float] | None = None
    ) -> None: ...
