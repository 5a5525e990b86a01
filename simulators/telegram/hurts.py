"""The panel's levers: what one may do to the bot, its venue, its market and its Telegram."""

from dataclasses import dataclass, field
from typing import Any, Literal

Target = Literal["venue", "binance", "telegram", "process"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to the control address of a venue, of this Telegram or of the bot's launcher."""

    target: Target
    path: str
    method: str = "POST"
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hurt:
    """One button, and the calls it makes, in order."""

    key: str
    group: str
    label: str
    hint: str
    calls: tuple[Call, ...]
    tone: Literal["hurt", "heal", "plain"] = "hurt"
    shown: str | None = None  # the heading over it, where that is not its group

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, "label": self.label, "hint": self.hint, "tone": self.tone}


def _venue(key: str, label: str, hint: str, **body: Any) -> Hurt:
    call = Call(target="venue", path="/faults", body=body)
    return Hurt(key=key, group="Venue", label=label, hint=hint, calls=(call,))


_VENUE = (
    _venue(
        "nonce",
        "Refuse nonces ×3",
        "The venue answers EAPI:Invalid nonce to the next three private calls.",
        name="invalid_nonce",
        count=3,
    ),
    _venue(
        "empty",
        "Empty balances ×2",
        "The next two balance answers are valid and empty, as after a venue's hiccup.",
        name="empty_balances",
        count=2,
    ),
    _venue(
        "half",
        "Half the balances ×2",
        "The next two balance answers leave out every second asset.",
        name="partial_balances",
        count=2,
    ),
    _venue(
        "lose",
        "Lose an order's answer",
        "The next order is placed, then the connection drops before the answer.",
        name="lose_answer",
        count=1,
        match="AddOrder*",
    ),
    _venue(
        "after",
        "5xx after placing",
        "The next order is placed, then the venue's front answers 520.",
        name="http_5xx_after",
        count=1,
        match="AddOrder*",
    ),
    _venue(
        "half-fill",
        "Fill only half",
        "Nobody offers more than half of the next order's amount.",
        name="partial_fill_only",
        count=1,
    ),
    Hurt(
        key="down",
        group="Venue",
        label="Venue down",
        hint="No answer but 502 and no stream, until all is well.",
        calls=(
            Call(target="venue", path="/faults", body={"name": "http_5xx_before"}),
            Call(target="venue", path="/faults", body={"name": "ws_drop"}),
        ),
    ),
    _venue(
        "cancel-only",
        "Cancel only",
        "The venue takes no new orders, only cancellations, until all is well.",
        name="status",
        status="cancel_only",
    ),
    Hurt(
        key="slow",
        group="Venue",
        label="Slow: 1.5 s",
        hint="Each call to the venue takes a second and a half.",
        calls=(Call(target="venue", path="/latency", body={"ms": 1500}),),
    ),
    Hurt(
        key="up",
        group="Venue",
        label="Venue up, all well",
        hint="Every fault of the venue is taken away, and it is fast again.",
        calls=(
            Call(target="venue", path="/faults", method="DELETE"),
            Call(target="venue", path="/latency", body={"ms": 0}),
        ),
        tone="heal",
    ),
)


def _stream(key: str, label: str, hint: str, **body: Any) -> Hurt:
    call = Call(target="venue", path="/faults", body=body)
    return Hurt(key=key, group="Stream", label=label, hint=hint, calls=(call,))


_STREAM = (
    _stream(
        "drop",
        "Drop the streams",
        "Both live connections to the venue are cut; the bot must connect again by itself.",
        name="ws_drop",
        count=2,
    ),
    _stream(
        "silence",
        "Silence the streams",
        "Both connections stay open, but the venue says nothing more and answers nothing.",
        name="ws_silent",
        count=2,
    ),
    _stream(
        "gap",
        "Lose a message",
        "The next message about an order is lost; only its missing number gives it away.",
        name="ws_gap",
        count=1,
        match="executions",
    ),
    _stream(
        "tokens",
        "Refuse tokens ×3",
        "The pass that opens the account's stream is refused the next three times.",
        name="ws_refuse_token",
        count=3,
    ),
    _stream(
        "early-fill",
        "Fill before the answer",
        "The next order is bought or sold before the venue says that it took the order.",
        name="ws_ack_last",
        count=1,
        seconds=0.5,
        match="add_order",
    ),
)

_MARKET = (
    Hurt(
        key="rise",
        group="Market",
        label="Rise 10 %",
        hint="Every price goes up by a tenth at once.",
        calls=(Call(target="venue", path="/market", body={"shock_fraction": 0.1}),),
        tone="plain",
    ),
    Hurt(
        key="fall",
        group="Market",
        label="Fall 10 %",
        hint="Every price goes down by a tenth at once.",
        calls=(Call(target="venue", path="/market", body={"shock_fraction": -0.1}),),
        tone="plain",
    ),
    Hurt(
        key="bitcoin",
        group="Market",
        label="Bitcoin +25 %",
        hint="Only BTC/USD jumps by a quarter: the portfolio drifts.",
        calls=(
            Call(target="venue", path="/market", body={"pair": "BTC/USD", "shock_fraction": 0.25}),
        ),
        tone="plain",
    ),
    Hurt(
        key="deposit",
        group="Market",
        label="Deposit 1,000 USD",
        hint="Money arrives from outside; it is no profit.",
        calls=(Call(target="venue", path="/deposit", body={"asset": "USD", "amount": "1000"}),),
        tone="plain",
    ),
)


def _telegram(key: str, label: str, hint: str, **body: Any) -> Hurt:
    call = Call(target="telegram", path="/faults", body=body)
    return Hurt(key=key, group="Telegram", label=label, hint=hint, calls=(call,))


_TELEGRAM = (
    _telegram(
        "conflict",
        "409: a second bot",
        "The next two polls are refused, as if a second copy of the bot were polling.",
        name="conflict",
        count=2,
    ),
    _telegram(
        "flood",
        "429: too fast",
        "The next three sends are refused and told to wait three seconds.",
        name="too_many_requests",
        count=3,
        retry_after=3,
        match="send",
    ),
    _telegram(
        "gateway", "502 ×3", "The next three calls get a bad gateway.", name="bad_gateway", count=3
    ),
    _telegram(
        "lost-send",
        "Lose an answer",
        "The next message is delivered, but the bot never hears that it was.",
        name="lose_answer",
        count=1,
        match="sendMessage",
    ),
    _telegram(
        "outage",
        "Outage 20 s",
        "Telegram cannot be reached for twenty seconds.",
        name="outage",
        seconds=20,
    ),
    _telegram(
        "malformed",
        "Malformed update",
        "One update comes that no library can parse.",
        name="malformed_update",
    ),
    _telegram(
        "duplicate",
        "Repeat an update",
        "The last command is delivered a second time.",
        name="duplicate_update",
    ),
    Hurt(
        key="heal",
        group="Telegram",
        label="All well again",
        hint="Take every fault of this Telegram away.",
        calls=(Call(target="telegram", path="/faults", method="DELETE"),),
        tone="heal",
    ),
)


def _process(key: str, label: str, hint: str, tone: Literal["hurt", "heal", "plain"]) -> Hurt:
    return Hurt(
        key=key,
        group="Process",
        label=label,
        hint=hint,
        calls=(Call(target="process", path=f"/{key}"),),
        tone=tone,
    )


_PROCESS = (
    _process("kill", "kill -9", "The bot is gone at once, in the middle of what it does.", "hurt"),
    _process(
        "stop", "Stop", "SIGTERM: the bot finishes or writes down what is in flight.", "hurt"
    ),
    _process("start", "Start", "Start the bot again if it does not run.", "heal"),
    _process("reload", "Reload", "SIGHUP: read the configuration again.", "plain"),
)


def available(*, venue: bool, process: bool) -> tuple[Hurt, ...]:
    """The levers that lead somewhere, in the order of the panel."""
    return (
        *(_VENUE if venue else ()),
        *(_STREAM if venue else ()),
        *(_TELEGRAM),
        *(_PROCESS if process else ()),
        *(_MARKET if venue else ()),
    )
