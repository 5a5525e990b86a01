"""Telegram's HTML: escaping, and splitting long messages at line ends."""

from __future__ import annotations

import html
import re

MESSAGE_LIMIT = 4096
CAPTION_LIMIT = 1024
_TAG = re.compile(r"</?([a-z][a-z-]*)[^>]*>")
_ATOM = re.compile(r"<[^>]*>|&[#\w]+;|.", re.DOTALL)


def escape(value: object) -> str:
    """Return text that cannot be taken for markup, whatever a venue or a person wrote."""
    return html.escape(str(value), quote=False)


def bold(value: object) -> str:
    return f"<b>{escape(value)}</b>"


def code(value: object) -> str:
    return f"<code>{escape(value)}</code>"


def preformatted(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"


def plain(markup: str) -> str:
    """Return what a reader would see of the markup."""
    return html.unescape(_TAG.sub("", markup))


def length(text: str) -> int:
    """Return the length in UTF-16 units, which is how Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def split_html(markup: str, limit: int = MESSAGE_LIMIT) -> tuple[str, ...]:
    """Cut at line ends into parts of at most `limit`; tags open at a cut are closed and reopened.

    Longer lines are cut between characters. Parts of white space alone are left out, since
    Telegram takes no empty message.
    """
    if length(markup) <= limit:
        return (markup,) if plain(markup).strip() else ()
    parts: list[str] = []
    current = ""
    open_tags: list[str] = []
    for piece in _pieces(markup, limit // 2):
        closing = _closing(_tags_after(open_tags, piece))
        if current and length(current + piece + closing) > limit:
            parts.append(current.rstrip("\n") + _closing(open_tags))
            current = "".join(open_tags)
        current += piece
        open_tags = _tags_after(open_tags, piece)
    parts.append(current)
    return tuple(part for part in parts if plain(part).strip())


def _pieces(markup: str, longest: int) -> list[str]:
    """Lines with their ends; a line longer than `longest` in several pieces of whole atoms."""
    pieces: list[str] = []
    for line in markup.splitlines(keepends=True):
        piece = ""
        if length(line) <= longest:
            pieces.append(line)
            continue
        for atom in _ATOM.findall(line):
            if piece and length(piece + atom) > longest:
                pieces.append(piece)
                piece = ""
            piece += atom
        pieces.append(piece)
    return pieces


def _tags_after(open_tags: list[str], piece: str) -> list[str]:
    tags = list(open_tags)
    for match in _TAG.finditer(piece):
        if match[0].startswith("</"):
            if tags:
                tags.pop()
        else:
            tags.append(match[0])
    return tags


def _closing(open_tags: list[str]) -> str:
    names = (_TAG.match(tag) for tag in reversed(open_tags))
    return "".join(f"</{name[1]}>" for name in names if name)
