"""Telegram's HTML, read as strictly as the server reads it and refused in the server's words."""

import re
from dataclasses import dataclass, field

from simulators.telegram.errors import ApiError, bad_request
from simulators.telegram.formatted_text import Entity, FormattedText, utf16_length
from simulators.telegram.nesting import untangled

_ENTITY_OF_TAG = {
    "a": "text_link",
    "b": "bold",
    "blockquote": "blockquote",
    "code": "code",
    "del": "strikethrough",
    "em": "italic",
    "i": "italic",
    "ins": "underline",
    "pre": "pre",
    "s": "strikethrough",
    "span": "spoiler",
    "strike": "strikethrough",
    "strong": "bold",
    "tg-emoji": "custom_emoji",
    "tg-spoiler": "spoiler",
    "u": "underline",
}
_SPACES = " \t\r\n\v\f"
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#(?P<decimal>[0-9]+)|#x(?P<hex>[0-9a-fA-F]+)|(?P<name>[a-zA-Z]+));?")
_LARGEST_CODE_POINT = 0x10FFFF
_BARE_VALUE = re.compile(r"[A-Za-z0-9.-]+")
_USER_LINK = re.compile(r"tg://user\?id=(\d+)", re.IGNORECASE)
_LINK = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)?(?P<host>[^\s/?#]+)(?P<rest>\S*)", re.IGNORECASE
)
_TELEGRAM_SCHEMES = frozenset({"tg://", "ton://", "tonsite://"})


@dataclass(slots=True, kw_only=True)
class _OpenTag:
    name: str
    at_byte: int
    offset: int
    text_index: int
    attributes: dict[str, str]


@dataclass(slots=True)
class _Reader:
    """One pass over the source; the pieces read so far and the tags still open."""

    source: str
    position: int = 0
    pieces: list[str] = field(default_factory=list)
    length: int = 0
    open_tags: list[_OpenTag] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)

    def read(self) -> FormattedText:
        while self.position < len(self.source):
            if self.source[self.position] != "<":
                self._take_character()
            elif self.source.startswith("/", self.position + 1):
                self._close_tag()
            else:
                self._open_tag()
        if self.open_tags:
            name = self.open_tags[-1].name
            raise _refused(f'Can\'t find end tag corresponding to start tag "{name}"')
        return FormattedText(text="".join(self.pieces), entities=untangled(self.entities))

    def _take_character(self) -> None:
        character, self.position = _character(self.source, self.position)
        self.pieces.append(character)
        self.length += utf16_length(character)

    def _open_tag(self) -> None:
        begin = self._byte_offset(self.position)
        self.position += 1
        name = self._name(f"Unclosed start tag at byte offset {begin}")
        if name not in _ENTITY_OF_TAG:
            raise _refused(f'Unsupported start tag "{name}" at byte offset {begin}')
        attributes = _AttributeReader(self.source, self.position, name, begin).read()
        self.position = attributes.position
        if name == "span" and attributes.found.get("class") != "tg-spoiler":
            raise _refused(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
        self.open_tags.append(
            _OpenTag(
                name=name,
                at_byte=begin,
                offset=self.length,
                text_index=len(self.pieces),
                attributes=attributes.found,
            )
        )

    def _close_tag(self) -> None:
        begin = self._byte_offset(self.position)
        if not self.open_tags:
            raise _refused(f"Unexpected end tag at byte offset {begin}")
        self.position += 2
        name = self._name(f"Unclosed end tag at byte offset {begin}")
        self.position = _after_spaces(self.source, self.position)
        if not self.source.startswith(">", self.position):
            raise _refused(f"Unclosed end tag at byte offset {begin}")
        self.position += 1
        tag = self.open_tags.pop()
        if name and name != tag.name:
            raise _refused(
                f'Unmatched end tag at byte offset {begin}, expected "</{tag.name}>", '
                f'found "</{name}>"'
            )
        if self.length > tag.offset:
            self.entities.extend(self._entity_of(tag))

    def _name(self, unclosed: str) -> str:
        end = self.position
        while end < len(self.source) and self.source[end] not in f"{_SPACES}>":
            end += 1
        if end == len(self.source):
            raise _refused(unclosed)
        name, self.position = self.source[self.position : end].lower(), end
        return name

    def _entity_of(self, tag: _OpenTag) -> list[Entity]:
        entity: Entity = {
            "type": _ENTITY_OF_TAG[tag.name],
            "offset": tag.offset,
            "length": self.length - tag.offset,
        }
        match tag.name:
            case "a":
                shown = "".join(self.pieces[tag.text_index :])
                return _linked(entity, tag.attributes.get("href") or shown)
            case "tg-emoji":
                entity["custom_emoji_id"] = tag.attributes.get("emoji-id", "")
            case "blockquote" if "expandable" in tag.attributes:
                entity["type"] = "expandable_blockquote"
            case "code" | "pre":
                language = tag.attributes.get("class", "").removeprefix("language-")
                if tag.name == "code" and language and language != tag.attributes["class"]:
                    entity["language"] = language
        return [entity]

    def _byte_offset(self, position: int) -> int:
        return len(self.source[:position].encode())


@dataclass(slots=True)
class _AttributeReader:
    source: str
    position: int
    tag: str
    at_byte: int
    found: dict[str, str] = field(default_factory=dict)

    def read(self) -> "_AttributeReader":
        while True:
            self.position = _after_spaces(self.source, self.position)
            if self._at_end():
                raise _refused(f'Unclosed start tag "{self.tag}" at byte offset {self.at_byte}')
            if self.source[self.position] == ">":
                self.position += 1
                return self
            self._read_one()

    def _read_one(self) -> None:
        start = self.position
        while not self._at_end() and self.source[self.position] not in f"{_SPACES}=>":
            self.position += 1
        name = self.source[start : self.position].lower()
        if not name:
            raise _refused(
                f'Empty attribute name in the tag "{self.tag}" at byte offset {self.at_byte}'
            )
        self.position = _after_spaces(self.source, self.position)
        if not self.source.startswith("=", self.position):
            self.found.setdefault(name, "")
            return
        self.position = _after_spaces(self.source, self.position + 1)
        if self._at_end():
            raise _refused(f'Unclosed start tag "{self.tag}" at byte offset {self.at_byte}')
        quote = self.source[self.position]
        value = self._quoted(quote) if quote in "\"'" else self._bare()
        self.found.setdefault(name, value)

    def _bare(self) -> str:
        match = _BARE_VALUE.match(self.source, self.position)
        end = match.end() if match else self.position
        if end >= len(self.source) or self.source[end] not in f"{_SPACES}>":
            offset = len(self.source[: self.position].encode())
            raise _refused(f"Unexpected end of name token at byte offset {offset}")
        value, self.position = self.source[self.position : end].lower(), end
        return value

    def _quoted(self, quote: str) -> str:
        self.position += 1
        characters: list[str] = []
        while not self._at_end() and self.source[self.position] != quote:
            character, self.position = _character(self.source, self.position)
            characters.append(character)
        if self._at_end():
            raise _refused(f"Unclosed start tag at byte offset {self.at_byte}")
        self.position += 1
        return "".join(characters)

    def _at_end(self) -> bool:
        return self.position >= len(self.source)


def parse_html(source: str) -> FormattedText:
    """Return the text and its entities, or raise the 400 that the real server would answer."""
    return _Reader(source).read()


def checked_link(url: str) -> str | None:
    """The address as Telegram stores it, or None where it silently drops the link."""
    match = _LINK.fullmatch(url.strip())
    if match is None:
        return None
    scheme = (match["scheme"] or "http://").lower()
    host, rest = match["host"].lower(), match["rest"]
    if scheme in _TELEGRAM_SCHEMES:
        return f"{scheme}{host}{rest}"
    if scheme not in {"http://", "https://"} or "." not in host.split(":")[0]:
        return None
    return f"{scheme}{host}{rest}" if rest.startswith("/") else f"{scheme}{host}/{rest}"


def _linked(entity: Entity, url: str) -> list[Entity]:
    user = _USER_LINK.fullmatch(url)
    if user is not None:
        mentioned = {"id": int(user[1]), "is_bot": False, "first_name": ""}
        return [{**entity, "type": "text_mention", "user": mentioned}]
    link = checked_link(url)
    return [] if link is None else [{**entity, "url": link}]


def _character(source: str, position: int) -> tuple[str, int]:
    """The character at `position`, an HTML reference decoded, and where the next one starts."""
    match = _REFERENCE.match(source, position) if source[position] == "&" else None
    if match is None:
        return source[position], position + 1
    if match["name"] is not None:
        known = _NAMED.get(match["name"])
        return (source[position], position + 1) if known is None else (known, match.end())
    code = int(match["decimal"]) if match["decimal"] is not None else int(match["hex"], 16)
    if code == 0 or code > _LARGEST_CODE_POINT:
        return source[position], position + 1
    character = chr(code)
    try:
        character.encode()
    except UnicodeEncodeError:
        raise _refused(
            "Text contains invalid Unicode characters after decoding HTML entities, "
            "check for unmatched surrogate code units"
        ) from None
    return character, match.end()


def _after_spaces(source: str, position: int) -> int:
    while position < len(source) and source[position] in _SPACES:
        position += 1
    return position


def _refused(reason: str) -> ApiError:
    return bad_request(f"can't parse entities: {reason}")
