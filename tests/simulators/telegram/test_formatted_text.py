"""Trimming, merging and finding entities keep every offset where it belongs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.telegram.content import Words, formatted
from simulators.telegram.detection import detected_entities
from simulators.telegram.errors import ApiError
from simulators.telegram.formatted_text import (
    WHITESPACE,
    FormattedText,
    merged,
    trimmed,
    utf16_length,
)


def found_in(text: str) -> list[tuple[str, str]]:
    units = text.encode("utf-16-le")
    return [
        (
            found["type"],
            units[2 * found["offset"] : 2 * (found["offset"] + found["length"])].decode(
                "utf-16-le"
            ),
        )
        for found in detected_entities(text)
    ]


FOUND = {
    "command": ("/start", [("bot_command", "/start")]),
    "command with arguments": ("/buy BTC 0.1", [("bot_command", "/buy")]),
    "command to a bot": ("🏟 /help@my_bot now", [("bot_command", "/help@my_bot")]),
    "several": ("/a or /b_2", [("bot_command", "/a"), ("bot_command", "/b_2")]),
    "no command in a pair": ("BTC/USD and 1/2", []),
    "no command in a path": ("/etc/passwd", []),
    "link": ("see https://example.org/a?b=1.", [("url", "https://example.org/a?b=1")]),
    "link in brackets": ("(http://example.org)", [("url", "http://example.org")]),
    "mention": ("ask @ada_1001!", [("mention", "@ada_1001")]),
    "email": ("me@example.org", [("email", "me@example.org")]),
    "hashtag": ("#fill but not #12", [("hashtag", "#fill")]),
    "cashtag": ("$BTC", [("cashtag", "$BTC")]),
    "money": ("$100 and $5.2", []),
    "nothing": ("plain words", []),
}


@pytest.mark.parametrize(("text", "expected"), FOUND.values(), ids=FOUND.keys())
def test_finds_what_the_server_finds(text: str, expected: list[tuple[str, str]]) -> None:
    assert found_in(text) == expected


@given(st.text(), st.data())
def test_trimming_keeps_entities_on_their_words(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    given_entity = {
        "type": "bold",
        "offset": utf16_length(text[:start]),
        "length": utf16_length(text[start:end]),
    }
    result = trimmed(FormattedText(text=text, entities=(given_entity,)))
    units = result.text.encode("utf-16-le")
    marked = [
        units[2 * found["offset"] : 2 * (found["offset"] + found["length"])].decode("utf-16-le")
        for found in result.entities
    ]
    first, last = len(text) - len(text.lstrip(WHITESPACE)), len(text.rstrip(WHITESPACE))
    expected = text[max(start, first) : min(end, last)]
    assert marked == ([expected] if expected else [])


def test_found_entities_stay_out_of_code_and_links() -> None:
    content = formatted(
        Words(text="<code>/a</code> <a href='x.org'>/b</a> <b>/c</b>", parse_mode="HTML")
    )
    commands = [found for found in content.entities if found["type"] == "bot_command"]
    assert [found["offset"] for found in commands] == [6]


def test_only_the_first_hundred_entities_are_kept() -> None:
    content = FormattedText(text="/a " * 200)
    assert len(merged(content, detected_entities(content.text)).entities) == 100


REFUSED = {
    "markdown": (Words(text="*x*", parse_mode="Markdown"), "unsupported parse_mode"),
    "entities that are no list": (
        Words(text="x", entities={"type": "bold"}),
        "can't parse entities: expected an Array",
    ),
    "entity that is no entity": (
        Words(text="x", entities=[{"type": "bold"}]),
        "can't parse MessageEntity: expected an Object",
    ),
}


@pytest.mark.parametrize(("words", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_what_it_cannot_understand(words: Words, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        formatted(words)
    assert refused.value.description == f"Bad Request: {reason}"
