"""Every documented word has its meaning, and no other word is guessed at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.errors import (
    InsufficientFunds,
    NonceRefused,
    OutcomeUnknown,
    VenueError,
    VenueFatal,
    VenueProtocolError,
    VenueRejected,
    VenueUnavailable,
)
from trading.venues.kraken.errors import Meaning, fault_of, meaning_of


def fault(*errors: str, may_change: bool = False) -> VenueError:
    return fault_of(
        "kraken", errors, may_change=may_change, lockout_seconds=900.0, unix_now=1700000000.0
    )


@pytest.mark.parametrize(
    ("text", "of_a_question", "of_an_order"),
    [
        ("EService:Unavailable", VenueUnavailable, OutcomeUnknown),
        ("EService:Busy", VenueUnavailable, OutcomeUnknown),
        ("EService:Timeout", VenueUnavailable, OutcomeUnknown),
        ("EGeneral:Internal error", VenueUnavailable, OutcomeUnknown),
        ("EDatabase:Internal error", VenueUnavailable, OutcomeUnknown),
        ("EGeneral:Internal error[3]", VenueProtocolError, OutcomeUnknown),
        ("EService:Throttled", VenueUnavailable, VenueUnavailable),
        ("EService:Throttled: 1700000060", VenueUnavailable, VenueUnavailable),
        ("EService:Throttled:1700000060", VenueUnavailable, VenueUnavailable),
        ("EAPI:Rate limit exceeded", VenueUnavailable, VenueUnavailable),
        ("EGeneral:Too many requests", VenueUnavailable, VenueUnavailable),
        ("EAuth:Rate limit exceeded", VenueUnavailable, VenueUnavailable),
        ("EAuth:Too many requests", VenueUnavailable, VenueUnavailable),
        ("EGeneral:Temporary lockout", VenueUnavailable, VenueUnavailable),
        ("EAPI:Invalid token", VenueUnavailable, VenueUnavailable),
        ("ESession:Invalid session", VenueUnavailable, VenueUnavailable),
        ("EAPI:Invalid nonce", NonceRefused, NonceRefused),
        ("EAPI:Invalid key", VenueFatal, VenueFatal),
        ("EAPI:Invalid signature", VenueFatal, VenueFatal),
        ("EGeneral:Permission denied", VenueFatal, VenueFatal),
        ("EAuth:Account temporary disabled", VenueFatal, VenueFatal),
        ("EAuth:Account unconfirmed", VenueFatal, VenueFatal),
        ("EAccount:Invalid permissions", VenueFatal, VenueFatal),
        ("EOrder:Insufficient funds", InsufficientFunds, InsufficientFunds),
        ("EOrder:Order minimum not met", VenueRejected, VenueRejected),
        ("EOrder:Cost minimum not met", VenueRejected, VenueRejected),
        ("EOrder:Tick size check failed", VenueRejected, VenueRejected),
        ("EOrder:Rate limit exceeded", VenueRejected, VenueRejected),
        ("EOrder:Unknown order", VenueRejected, VenueRejected),
        ("EOrder:Not thought of yet", VenueRejected, VenueRejected),
        ("ETrade:User Locked", VenueRejected, VenueRejected),
        ("EBM:limit exceeded:CAL", VenueRejected, VenueRejected),
        ("EQuery:Unknown asset pair", VenueRejected, VenueRejected),
        ("EGeneral:Invalid arguments", VenueRejected, VenueRejected),
        ("EGeneral:Invalid arguments:volume", VenueRejected, VenueRejected),
        (
            "EGeneral:Invalid arguments:cl_ord_id not unique",
            VenueUnavailable,
            OutcomeUnknown,
        ),
        ("EService:Deadline elapsed", VenueRejected, VenueRejected),
        ("EService:Market in cancel_only mode", VenueRejected, VenueRejected),
        ("EService:Market in post_only mode", VenueRejected, VenueRejected),
        ("EAPI:Something new", VenueProtocolError, OutcomeUnknown),
        ("UGeneral:Strange", VenueProtocolError, OutcomeUnknown),
        ("", VenueProtocolError, OutcomeUnknown),
    ],
)
def test_each_word_has_one_meaning_for_questions_and_one_for_orders(
    text: str, of_a_question: type[VenueError], of_an_order: type[VenueError]
) -> None:
    assert type(fault(text)) is of_a_question
    assert type(fault(text, may_change=True)) is of_an_order


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("EGeneral:Temporary lockout", 900.0),
        ("EService:Throttled: 1700000060", 60.0),
        ("EService:Throttled: 1600000000", 0.0),
        ("EService:Throttled", None),
        ("EAPI:Rate limit exceeded", None),
    ],
)
def test_advice_on_when_to_come_back(text: str, seconds: float | None) -> None:
    error = fault(text)
    assert isinstance(error, VenueUnavailable)
    assert error.retry_after_seconds == seconds


def test_a_rejection_keeps_the_venue_s_own_words() -> None:
    error = fault("EOrder:Order minimum not met", may_change=True)
    assert isinstance(error, VenueRejected)
    assert error.code == "EOrder:Order minimum not met"


WORDS = st.sampled_from(
    [
        "EService:Busy",
        "EOrder:Insufficient funds",
        "EAPI:Invalid key",
        "EAPI:Invalid nonce",
        "EService:Throttled",
        "EWhat:Is this",
    ]
)


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_of_several_errors_the_least_certain_counts(words: list[str]) -> None:
    doubtful = any(meaning_of(word) <= Meaning.AMBIGUOUS for word in words)
    assert isinstance(fault(*words, may_change=True), OutcomeUnknown) is doubtful


@given(st.text())
def test_no_word_at_all_makes_an_order_look_certain_by_accident(word: str) -> None:
    error = fault(f"EX{word}", may_change=True)
    assert isinstance(error, OutcomeUnknown)
