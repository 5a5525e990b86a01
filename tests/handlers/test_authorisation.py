"""The gate: closed to all but those named, in the places allowed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.authorisation import (
    Access,
    Admitted,
    Ignored,
    Origin,
    Role,
    StrangerLog,
    admit,
)

OWNER, VIEWER, GROUP = 1, 2, -7
ACCESS = Access(owners=frozenset({OWNER}), viewers=frozenset({VIEWER}), chat_id=GROUP)


def private(user_id: int) -> Origin:
    return Origin(user_id=user_id, chat_id=user_id, is_private=True)


def in_group(user_id: int, chat_id: int = GROUP, thread_id: int | None = None) -> Origin:
    return Origin(user_id=user_id, chat_id=chat_id, is_private=False, thread_id=thread_id)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        pytest.param(private(OWNER), Role.OWNER, id="owner"),
        pytest.param(private(VIEWER), Role.VIEWER, id="viewer"),
        pytest.param(in_group(OWNER), Role.OWNER, id="owner in the group"),
        pytest.param(private(3), None, id="stranger"),
        pytest.param(in_group(3), None, id="stranger in the group"),
        pytest.param(in_group(OWNER, chat_id=-8), None, id="owner in another group"),
        pytest.param(replace(private(OWNER), is_bot=True), None, id="bot with an owner's id"),
        pytest.param(replace(private(OWNER), chat_id=9), None, id="somebody else's private chat"),
    ],
)
def test_who_is_heard(origin: Origin, expected: Role | None) -> None:
    verdict = admit(ACCESS, origin, command="balance")
    assert (verdict.role if isinstance(verdict, Admitted) else None) == expected


def test_a_topic_closes_the_others() -> None:
    access = replace(ACCESS, thread_id=5)
    assert isinstance(admit(access, in_group(OWNER, thread_id=5), command=None), Admitted)
    for thread_id in (None, 6):
        origin = in_group(OWNER, thread_id=thread_id)
        assert isinstance(admit(access, origin, command=None), Ignored)


@given(user_id=st.integers(), chat_id=st.integers(), is_private=st.booleans())
def test_nobody_unnamed_is_ever_admitted(*, user_id: int, chat_id: int, is_private: bool) -> None:
    if user_id in (OWNER, VIEWER):
        return
    origin = Origin(user_id=user_id, chat_id=chat_id, is_private=is_private)
    assert isinstance(admit(ACCESS, origin, command="halt"), Ignored)
    pairing = replace(ACCESS, is_pairing=True)
    assert isinstance(admit(pairing, origin, command="halt"), Ignored)


def test_pairing_lets_a_stranger_ask_for_his_id_in_private_alone() -> None:
    pairing = replace(ACCESS, is_pairing=True)
    assert admit(pairing, private(3), command="id") == Admitted(role=Role.STRANGER)
    assert isinstance(admit(pairing, in_group(3), command="id"), Ignored)


def test_strangers_are_counted_and_forgotten_oldest_first() -> None:
    log = StrangerLog(capacity=2)
    assert [log.note(user) for user in (7, 7, 8, 7)] == [True, False, True, False]
    assert log.note(9)
    assert log.counts == {8: 1, 9: 1}
