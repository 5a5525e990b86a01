"""Telegram's HTML is read, and refused, exactly as the real server does it."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.telegram.errors import ApiError
from simulators.telegram.formatted_text import Entity, utf16_length
from simulators.telegram.markup import checked_link, parse_html

LEAD = "🏟 🏟&lt;"  # 13 bytes in front of the tag, 6 UTF-16 units of text

REFUSED = {
    "tag left open at the end": ("<abacaba", "Unclosed start tag at byte offset 13"),
    "unknown tag": ("<table>", 'Unsupported start tag "table" at byte offset 13'),
    "unknown tag with attribute": ("<p x>", 'Unsupported start tag "p" at byte offset 13'),
    "comment": ("<!-- x -->", 'Unsupported start tag "!--" at byte offset 13'),
    "bare less-than": ("< 5 %", 'Unsupported start tag "" at byte offset 13'),
    "attribute without name": (
        "<i   =aba>",
        'Empty attribute name in the tag "i" at byte offset 13',
    ),
    "start tag without end tag": ("<b>bold", 'Can\'t find end tag corresponding to start tag "b"'),
    "inner tag without end tag": (
        "<b>x<i>y",
        'Can\'t find end tag corresponding to start tag "i"',
    ),
    "end of text in attribute": ("<i  a  =  ", 'Unclosed start tag "i" at byte offset 13'),
    "comma in a bare value": ("<i  a=19.,", "Unexpected end of name token at byte offset 19"),
    "quote left open": ('<a href="x>y</a>', "Unclosed start tag at byte offset 13"),
    "end tag alone": ("</b>", "Unexpected end tag at byte offset 13"),
    "end tag left open": ("<i>a</i   ", "Unclosed end tag at byte offset 17"),
    "wrong end tag": (
        "<i>a</em   >",
        'Unmatched end tag at byte offset 17, expected "</i>", found "</em>"',
    ),
    "span that is no spoiler": (
        "<span>x</span>",
        'Tag "span" must have class "tg-spoiler" at byte offset 13',
    ),
    "half of a surrogate pair": (
        "&#xDFDF;",
        (
            "Text contains invalid Unicode characters after decoding HTML entities, "
            "check for unmatched surrogate code units"
        ),
    ),
}


@pytest.mark.parametrize(("source", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_in_the_servers_words(source: str, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse_html(LEAD + source)
    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"
    assert refused.value.code == 400


def entity(kind: str, offset: int, length: int, **more: object) -> Entity:
    return {"type": kind, "offset": offset, "length": length, **more}


READ = {
    "nothing": ("", "", []),
    "references": ("&ge;&lt;&gt;&amp;&quot;&#65;&#x42;", '&ge;<>&"AB', []),
    "reference without semicolon": ("&lt🏟", "<🏟", []),
    "code point too large": ("&#12345678;", "&#12345678;", []),
    "greater-than alone": ("a > b", "a > b", []),
    "every style": (
        (
            "<b>a</b><strong>b</strong><i>c</i><em>d</em><u>e</u><ins>f</ins><s>g</s>"
            "<strike>h</strike><del>i</del><tg-spoiler>j</tg-spoiler>"
            '<span class="tg-spoiler">k</span><blockquote>l</blockquote>'
        ),
        "abcdefghijkl",
        [
            entity("bold", 0, 1),
            entity("bold", 1, 1),
            entity("italic", 2, 1),
            entity("italic", 3, 1),
            entity("underline", 4, 1),
            entity("underline", 5, 1),
            entity("strikethrough", 6, 1),
            entity("strikethrough", 7, 1),
            entity("strikethrough", 8, 1),
            entity("spoiler", 9, 1),
            entity("spoiler", 10, 1),
            entity("blockquote", 11, 1),
        ],
    ),
    "offsets in UTF-16": (
        "🏟<i>🏟 &gt;<b>&lt🏟</b></i>",
        "🏟🏟 ><🏟",
        [entity("italic", 2, 7), entity("bold", 6, 3)],
    ),
    "capital letters": ("<B>x</b>", "x", [entity("bold", 0, 1)]),
    "end tag without a name": ("<i>x</>", "x", [entity("italic", 0, 1)]),
    "unknown attributes": (
        "<i a  =  190azAz-.   b = '&lt;' c>x</i >",
        "x",
        [entity("italic", 0, 1)],
    ),
    "nothing inside": ("x<b></b>", "x", []),
    "link": (
        "<a href='telegram.org?&lt;'>x</a>",
        "x",
        [entity("text_link", 0, 1, url="http://telegram.org/?<")],
    ),
    "link to itself": (
        "<a>https://a.org/b#c</a>",
        "https://a.org/b#c",
        [entity("text_link", 0, 17, url="https://a.org/b#c")],
    ),
    "link to nowhere": ('<a href="javascript:alert(1)">x</a>', "x", []),
    "link to a person": (
        '<a href="tg://user?id=42">x</a>',
        "x",
        [entity("text_mention", 0, 1, user={"id": 42, "is_bot": False, "first_name": ""})],
    ),
    "emoji": (
        '<tg-emoji emoji-id="54321">👍</tg-emoji>',
        "👍",
        [entity("custom_emoji", 0, 2, custom_emoji_id="54321")],
    ),
    "code in a language": (
        '<pre><code class="language-toml">x</code></pre>',
        "x",
        [entity("pre", 0, 1, language="toml")],
    ),
    "language but not alone": (
        '<pre>y<code class="language-toml">x</code></pre>',
        "yx",
        [entity("pre", 0, 2)],
    ),
    "expandable quote with code": (
        "<blockquote expandable>a<pre>b</pre></blockquote>",
        "ab",
        [entity("expandable_blockquote", 0, 2), entity("pre", 1, 1)],
    ),
    "no style inside code": (
        "<b>a<code>b<i>c</i></code>d</b>",
        "abcd",
        [entity("bold", 0, 1), entity("code", 1, 2), entity("bold", 3, 1)],
    ),
}


@pytest.mark.parametrize(("source", "text", "entities"), READ.values(), ids=READ.keys())
def test_reads_text_and_entities(source: str, text: str, entities: list[Entity]) -> None:
    formatted = parse_html(source)
    assert (formatted.text, list(formatted.entities)) == (text, entities)


@given(st.text())
def test_escaped_text_comes_back_whole(text: str) -> None:
    assert parse_html(escape(text)).text == text


@given(st.lists(st.tuples(st.sampled_from(["b", "i", "code", "pre", "u"]), st.text())))
def test_entities_lie_inside_the_text(parts: list[tuple[str, str]]) -> None:
    source = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in parts)
    formatted = parse_html(source)
    assert formatted.text == "".join(text for _, text in parts)
    units = formatted.text.encode("utf-16-le")
    for found, (_, text) in zip(
        formatted.entities, [part for part in parts if part[1]], strict=True
    ):
        start, end = 2 * found["offset"], 2 * (found["offset"] + found["length"])
        assert units[start:end].decode("utf-16-le") == text
        assert found["length"] == utf16_length(text)


@given(st.text(alphabet="<>/&;=\"' abi\n#x1🏟", max_size=40))
def test_any_text_is_read_or_refused_and_never_breaks(source: str) -> None:
    refusal, read = "", None
    try:
        read = parse_html(source)
    except ApiError as refused:
        refusal = refused.description
    if read is None:
        assert refusal.startswith("Bad Request: can't parse entities: ")
    else:
        assert all(
            0 <= found["offset"] < found["offset"] + found["length"] <= read.length
            for found in read.entities
        )


LINKS = {
    "bare host": ("steelyard.example", "http://steelyard.example/"),
    "path": ("HTTPS://Example.org/A?b#C", "https://example.org/A?b#C"),
    "query without path": ("https://example.org?x=1", "https://example.org/?x=1"),
    "Telegram's own": ("tg://resolve?domain=x", "tg://resolve?domain=x"),
    "local host": ("http://localhost:8080", None),
    "port without scheme": ("example.org:8080/x", "http://example.org:8080/x"),
    "script": ("javascript:alert(1)", None),
    "other scheme": ("ftp://example.org", None),
    "no dot": ("http://intranet", None),
    "spaces": ("http://a b.org", None),
    "empty": ("", None),
}


@pytest.mark.parametrize(("given_url", "expected"), LINKS.values(), ids=LINKS.keys())
def test_links_are_stored_whole_or_not_at_all(given_url: str, expected: str | None) -> None:
    assert checked_link(given_url) == expected
