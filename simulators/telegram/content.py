"""The words of a message as a bot sends them: parse mode or entities, limits, found links."""

from dataclasses import dataclass
from typing import Any

from simulators.telegram.arguments import Arguments
from simulators.telegram.detection import detected_entities
from simulators.telegram.errors import bad_request
from simulators.telegram.formatted_text import FormattedText, merged, trimmed
from simulators.telegram.markup import parse_html

MAX_TEXT_LENGTH = 4096
MAX_CAPTION_LENGTH = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The text of a call before it is understood."""

    text: str
    parse_mode: str = ""
    entities: Any = None


def read_text(arguments: Arguments) -> FormattedText:
    content = formatted(
        Words(
            text=arguments.text("text"),
            parse_mode=arguments.text("parse_mode"),
            entities=arguments.json("entities", what="entities"),
        )
    )
    if not content.text:
        raise bad_request("message text is empty")
    if content.length > MAX_TEXT_LENGTH:
        raise bad_request("message is too long")
    return content


def read_caption(arguments: Arguments) -> FormattedText:
    return checked_caption(
        Words(
            text=arguments.text("caption"),
            parse_mode=arguments.text("parse_mode"),
            entities=arguments.json("caption_entities", what="entities"),
        )
    )


def checked_caption(words: Words) -> FormattedText:
    content = formatted(words)
    if content.length > MAX_CAPTION_LENGTH:
        raise bad_request("message caption is too long")
    return content


def formatted(words: Words) -> FormattedText:
    mode = words.parse_mode.lower()
    if mode not in {"", "none", "html"}:
        raise bad_request("unsupported parse_mode")
    if mode == "html":
        given = parse_html(words.text)
    else:
        given = FormattedText(text=words.text, entities=_given_entities(words.entities))
    content = trimmed(given)
    return merged(content, detected_entities(content.text))


def _given_entities(given: Any) -> tuple[dict[str, Any], ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise bad_request("can't parse entities: expected an Array")
    for entity in given:
        if not isinstance(entity, dict) or not {"type", "offset", "length"} <= entity.keys():
            raise bad_request("can't parse MessageEntity: expected an Object")
    return tuple(given)
