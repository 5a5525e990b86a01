class OHLCV:
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    def __init__(
        self,
        open: float | None,
        high: float | None,
        low: float | None,
        close: float | None,
        volume: float | None = None,
    ) -> None: ...
