"""What buttons carry fits into Telegram's 64 bytes and is read back as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.confirmation import (
    CALLBACK_DATA_LIMIT,
    PressData,
    PressKind,
    decode_press,
    hash_token,
    make_token,
)

WORD = st.text(st.characters(categories=("L", "N"), include_characters="/-."), min_size=1)


@given(name=WORD, page=st.integers(0, 99), arguments=st.lists(WORD, max_size=4))
def test_views_are_read_back_or_not_made(name: str, page: int, arguments: list[str]) -> None:
    data = PressData(kind=PressKind.VIEW, value=name, page=page, arguments=tuple(arguments))
    encoded = data.encode()
    if encoded is not None:
        assert len(encoded.encode()) <= CALLBACK_DATA_LIMIT
        assert decode_press(encoded) == data


@given(st.text(max_size=64))
def test_any_data_is_read_or_refused(text: str) -> None:
    data = decode_press(text)
    assert data is None or isinstance(data, PressData)


@pytest.mark.parametrize(
    "text", ["", "v", "v:", "v::0:", "v:x:-1:", "v:x:٣:", "q:x", "c:", "vc:x"]
)
def test_what_this_bot_never_made(text: str) -> None:
    assert decode_press(text) is None


def test_tokens_fit_and_only_their_hashes_are_kept() -> None:
    token = make_token(lambda size: bytes(range(size)))
    encoded = PressData(kind=PressKind.CONFIRM, value=token).encode()
    assert encoded == f"c:{token}"
    assert token not in hash_token(token)
    assert hash_token(token) == hash_token(token) != hash_token(f"{token}x")
