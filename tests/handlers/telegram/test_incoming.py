"""Updates are read whole, or refused; whatever Telegram or a bug sends."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.authorisation import Origin
from handlers.telegram.incoming import (
    Irrelevant,
    MalformedUpdate,
    Message,
    Press,
    parse_update,
    update_id_of,
)

PERSON = {"id": 1001, "is_bot": False, "first_name": "Ada"}
CHAT = {"id": 1001, "type": "private"}
MESSAGE: dict[str, Any] = {
    "message_id": 5,
    "from": PERSON,
    "chat": CHAT,
    "date": 1_767_614_400,
    "text": "/balance",
}
ORIGIN = Origin(user_id=1001, chat_id=1001, is_private=True)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_a_message() -> None:
    assert parse_update({"update_id": 7, "message": MESSAGE}) == Message(
        update_id=7,
        origin=ORIGIN,
        message_id=5,
        text="/balance",
        sent_at=datetime(2026, 1, 5, 12, tzinfo=UTC),
    )


def test_a_press() -> None:
    query = {"id": "9", "from": PERSON, "message": MESSAGE, "data": "v:balance:0:"}
    assert parse_update({"update_id": 7, "callback_query": query}) == Press(
        update_id=7, origin=ORIGIN, query_id="9", message_id=5, data="v:balance:0:"
    )


@pytest.mark.parametrize(
    ("key", "extra", "mark"),
    [
        pytest.param("edited_message", {}, "is_edited", id="edited"),
        pytest.param(
            "message", {"forward_origin": {"type": "user"}}, "is_forwarded", id="forward"
        ),
        pytest.param("message", {"via_bot": PERSON}, "is_forwarded", id="via another bot"),
        pytest.param("message", {"from": PERSON | {"is_bot": True}}, "is_bot", id="bot"),
    ],
)
def test_marks_that_the_gate_looks_at(key: str, extra: dict[str, Any], mark: str) -> None:
    incoming = parse_update({"update_id": 7, key: MESSAGE | extra})
    assert isinstance(incoming, Message)
    assert getattr(incoming.origin, mark) is True


def test_a_topic() -> None:
    extra = {"is_topic_message": True, "message_thread_id": 12}
    incoming = parse_update({"update_id": 7, "message": MESSAGE | extra})
    assert isinstance(incoming, Message)
    assert incoming.origin.thread_id == 12


@pytest.mark.parametrize(
    "update",
    [
        pytest.param({"update_id": 7, "poll": {}}, id="another kind"),
        pytest.param({"update_id": 7, "message": {"message_id": 1}}, id="a channel's post"),
        pytest.param({"update_id": 7, "callback_query": {"id": "1"}}, id="a game"),
    ],
)
def test_what_asks_nothing_of_the_bot(update: dict[str, Any]) -> None:
    assert parse_update(update) == Irrelevant(update_id=7)


@given(
    update_id=st.integers(0, 2**40), key=st.sampled_from(["message", "callback_query"]), value=JSON
)
def test_anything_is_read_or_malformed_and_its_id_is_never_lost(
    update_id: int, key: str, value: Any
) -> None:
    kept: int | None
    try:
        kept = parse_update({"update_id": update_id, key: value}).update_id
    except MalformedUpdate as error:
        kept = error.update_id
    assert kept == update_id


@given(field=st.sampled_from(sorted(MESSAGE)), value=JSON)
def test_one_broken_field_never_half_accepts(field: str, value: Any) -> None:
    try:
        incoming = parse_update({"update_id": 7, "message": MESSAGE | {field: value}})
    except MalformedUpdate:
        return
    if isinstance(incoming, Message):
        assert isinstance(incoming.origin.user_id, int)
        assert incoming.text is None or isinstance(incoming.text, str)
        assert incoming.sent_at.tzinfo is UTC


@given(JSON)
def test_ids_are_read_from_anything(raw: Any) -> None:
    assert update_id_of(raw) is None or isinstance(raw["update_id"], int)
