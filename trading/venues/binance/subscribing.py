"""Asks Binance for the user data stream, and says what a refusal means for the connection."""

from __future__ import annotations

from trading.venues.binance.errors import OUTSIDE_WINDOW, Meaning, Refusal, meaning_of
from trading.venues.binance.session import BinanceSession
from trading.venues.binance.stream_wire import BinanceSocket
from trading.venues.decoding import Malformed, Row
from trading.venues.websocket import ConnectionEnded, Ending, NotSent

_OK = 200
_BANNED = 418
_SLOW_DOWN = 429
_METHOD = "userDataStream.subscribe.signature"
_THOUSAND = 1000


async def subscribe(
    socket: BinanceSocket, session: BinanceSession, *, timeout_seconds: float
) -> None:
    """Subscribe with a signature, which any kind of key can do; ConnectionEnded when refused."""
    words = await session.signed_words()
    signed = {**words, "timestamp": int(words["timestamp"])}
    try:
        answer = await socket.ask(_METHOD, signed, timeout_seconds=timeout_seconds)
    except NotSent as error:
        raise ConnectionEnded(f"the subscription was not sent: {error}") from error
    if answer.fields.get("status") == _OK:
        return
    raise _refused(answer, session)


def _refused(answer: Row, session: BinanceSession) -> ConnectionEnded:
    try:
        error = answer.row("error")
        refusal = Refusal(code=error.integer("code"), message=str(error.fields.get("msg", "")))
    except Malformed:
        return ConnectionEnded("the subscription was refused without a reason")
    reason = f"the subscription was refused: {refusal}"
    status = answer.fields.get("status")
    if status in (_BANNED, _SLOW_DOWN):
        seconds = _wait_seconds(error, session)
        session.ban.began(seconds, is_ban=status == _BANNED, reason=str(refusal))
        return ConnectionEnded(reason, retry_after_seconds=seconds)
    if refusal.code == OUTSIDE_WINDOW:
        session.venue_clock.doubt()
        return ConnectionEnded(reason, ending=Ending.RENEW)
    if meaning_of(refusal) is Meaning.FATAL:
        return ConnectionEnded(reason, ending=Ending.FORBIDDEN)
    return ConnectionEnded(reason)


def _wait_seconds(error: Row, session: BinanceSession) -> float:
    """Return how long to wait, told as the moment in milliseconds when it is over."""
    data = error.fields.get("data")
    until = data.get("retryAfter") if isinstance(data, dict) else None
    if not isinstance(until, int):
        return 60.0
    return max(1.0, (until - session.venue_clock.milliseconds()) / _THOUSAND)
