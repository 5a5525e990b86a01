"""Every kind of message that comes unasked: what it is about, whether it is heard at night."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeKind:
    """One kind of notice."""

    about: str
    is_loud: bool = False
    """Quiet hours do not take its sound away: trading stopped, or somebody must look."""
    switch: str | None = None
    """The key of `telegram.notify` that keeps it from being sent; None: it always comes."""


KINDS: Mapping[str, NoticeKind] = {
    "trading_state": NoticeKind(about="Trading was halted, reduced or resumed", is_loud=True),
    "risk": NoticeKind(about="A risk limit is near, or was crossed", is_loud=True),
    "balances_questioned": NoticeKind(
        about="What a venue says of balances is not believed", is_loud=True
    ),
    "balances_verified": NoticeKind(about="Those balances are verified again"),
    "order_unknown": NoticeKind(about="The outcome of an order is not known", is_loud=True),
    "order_incident": NoticeKind(
        about="A venue had less money than the check before the order had proven", is_loud=True
    ),
    "run_interrupted": NoticeKind(about="A rebalance was cut off", is_loud=True),
    "run_finished": NoticeKind(about="A scheduled rebalance ended"),
    "closed_at_the_end": NoticeKind(about="What closing at the end did", is_loud=True),
    "dead_man_switch": NoticeKind(
        about="A venue has probably cancelled every order", is_loud=True
    ),
    "key": NoticeKind(about="An API key may do what it must not", is_loud=True),
    "nonce": NoticeKind(about="Another program seems to use the API key", is_loud=True),
    "lockout": NoticeKind(about="A venue locked the API key out for a while", is_loud=True),
    "fill": NoticeKind(about="An order filled, in whole or in part", switch="fills"),
    "order": NoticeKind(about="An order ended without filling whole", switch="orders"),
    "external_order": NoticeKind(about="An order of somebody else was found", switch="orders"),
    "breaker": NoticeKind(
        about="A circuit breaker opened, or closed again", switch="venue_trouble"
    ),
    "venue_mode": NoticeKind(
        about="A venue takes no orders for a while, or takes them again", switch="venue_trouble"
    ),
    "stream": NoticeKind(
        about="A venue's stream stayed down, or came back", switch="venue_trouble"
    ),
    "part_trouble": NoticeKind(about="A part of the bot keeps failing, or works again"),
    "job_trouble": NoticeKind(about="A job began to fail, or works again"),
    "telegram_outage": NoticeKind(about="Telegram could not be reached for a while"),
    "started": NoticeKind(about="The bot started, and what the last process left"),
    "reload": NoticeKind(about="The configuration was read again because of a signal"),
    "interrupted": NoticeKind(about="A command was cut off by the end of the process"),
    "answer": NoticeKind(about="An answer that Telegram did not take at once"),
    "notice": NoticeKind(about="Anything else"),
}


def is_loud(kind: str) -> bool:
    """True when quiet hours do not silence it; what nobody has thought of yet is heard."""
    known = KINDS.get(kind)
    return known is None or known.is_loud


def muted(is_wanted: Mapping[str, bool]) -> frozenset[str]:
    """Return the kinds that these settings of `telegram.notify` keep from being sent."""
    return frozenset(
        name
        for name, kind in KINDS.items()
        if kind.switch is not None and not is_wanted.get(kind.switch, True)
    )
