"""Long messages are cut at line ends, stay valid markup, and lose nothing."""

import re

from hypothesis import given
from hypothesis import strategies as st

from handlers.rendering.text import bold, escape, length, plain, preformatted, split_html

LINE = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\x85\u2028\u2029"),
    max_size=60,
)
BLOCK = st.one_of(
    LINE.map(escape), LINE.map(bold), st.lists(LINE).map("\n".join).map(preformatted)
)
TAGS = re.compile(r"<(/?)(\w+)>")


def is_balanced(markup: str) -> bool:
    open_tags: list[str] = []
    for closing, name in TAGS.findall(markup):
        if not closing:
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            return False
    return not open_tags


@given(blocks=st.lists(BLOCK, max_size=12), limit=st.integers(60, 300))
def test_parts_fit_are_valid_and_lose_no_word(blocks: list[str], limit: int) -> None:
    markup = "\n".join(blocks)
    parts = split_html(markup, limit)
    assert all(length(part) <= limit for part in parts)
    assert all(is_balanced(part) for part in parts)
    assert all(plain(part).strip() for part in parts)
    kept = "".join("".join(plain(part).split()) for part in parts)
    assert kept == "".join(plain(markup).split())


def test_cuts_are_at_line_ends() -> None:
    lines = [f"line {number} of many" for number in range(100)]
    parts = split_html("\n".join(lines), 200)
    assert "\n".join(parts).split("\n") == lines


def test_a_block_goes_on_in_the_next_part() -> None:
    parts = split_html(preformatted("\n".join("x" * 50 for _ in range(10))), 200)
    assert len(parts) > 1
    assert all(part.startswith("<pre>") and part.endswith("</pre>") for part in parts)


def test_a_line_without_end_is_cut_between_characters_and_never_in_one() -> None:
    parts = split_html("&amp;" * 100, 60)
    assert all(re.fullmatch(r"(&amp;)+", part) for part in parts)
    assert sum(part.count("&amp;") for part in parts) == 100


def test_nothing_to_say_is_no_message() -> None:
    assert split_html(" \n") == ()
