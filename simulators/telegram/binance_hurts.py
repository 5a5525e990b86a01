"""The panel's levers at a local Binance beside the first venue."""

from dataclasses import replace
from typing import Any

from simulators.telegram.hurts import Call, Hurt

GROUP = "Binance"


def _binance(key: str, label: str, hint: str, **body: Any) -> Hurt:
    call = Call(target="binance", path="/faults", body=body)
    return Hurt(key=key, group=GROUP, label=label, hint=hint, calls=(call,))


_LEVERS = (
    _binance(
        "clock",
        "Refuse timestamps ×3",
        "Binance answers -1021 to the next three signed calls, as if the clocks differed.",
        name="refuse_timestamp",
        count=3,
    ),
    _binance(
        "empty",
        "Empty balances ×2",
        "The next two answers about the account are valid and empty.",
        name="empty_balances",
        count=2,
    ),
    _binance(
        "lose",
        "Lose an order's answer",
        "The next order is placed, then the connection drops before the answer.",
        name="lose_answer",
        count=1,
        match="POST order",
    ),
    _binance(
        "unknown",
        "Execution unknown",
        "The next order is placed, then Binance answers -1007: execution status unknown.",
        name="error_after",
        count=1,
        match="POST order",
    ),
    _binance(
        "limit",
        "429: too much",
        "The next call is refused, and whoever asks is told to wait five seconds.",
        name="rate_limit",
        count=1,
    ),
    _binance(
        "ban",
        "418: banned 20 s",
        "The address is banned for twenty seconds; nothing may be asked.",
        name="ban",
        count=1,
        seconds=20.0,
    ),
    _binance(
        "shutdown",
        "Announce a shutdown",
        "The live connections announce that they end, and end a little later.",
        name="ws_shutdown",
        count=2,
    ),
    Hurt(
        key="down",
        group=GROUP,
        label="Binance down",
        hint="No answer but 502 and no stream, until all is well; Kraken goes on.",
        calls=(
            Call(target="binance", path="/faults", body={"name": "http_5xx_before"}),
            Call(target="binance", path="/faults", body={"name": "ws_drop"}),
        ),
    ),
    _binance(
        "hang",
        "Binance hangs",
        "Binance takes every call and answers none for a minute, until all is well.",
        name="hang_before",
        seconds=60.0,
    ),
    Hurt(
        key="up",
        group=GROUP,
        label="Binance up, all well",
        hint="Every fault of Binance is taken away, and it is fast again.",
        calls=(
            Call(target="binance", path="/faults", method="DELETE"),
            Call(target="binance", path="/latency", body={"ms": 0}),
        ),
        tone="heal",
    ),
)
_NAMES = {"Venue": "Kraken", "Stream": "Kraken's streams"}


def beside_binance(hurts: tuple[Hurt, ...]) -> tuple[Hurt, ...]:
    """Return the levers where there are two venues: named by venue, the market moves at both."""
    named = tuple(
        _at_both(hurt) if hurt.group == "Market" else replace(hurt, shown=_NAMES.get(hurt.group))
        for hurt in hurts
    )
    last = max(place for place, hurt in enumerate(named) if hurt.group in _NAMES) + 1
    return (*named[:last], *_LEVERS, *named[last:])


def _at_both(hurt: Hurt) -> Hurt:
    """Move the same market at the second venue; money arrives at the first alone."""
    moves = tuple(
        replace(call, target="binance", body=_in_tether(call.body))
        for call in hurt.calls
        if call.path == "/market"
    )
    return replace(hurt, calls=(*hurt.calls, *moves))


def _in_tether(body: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value.replace("/USD", "/USDT") if key == "pair" else value
        for key, value in body.items()
    }
