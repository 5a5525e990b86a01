"""Text with entities, measured the way Telegram measures it: in UTF-16 code units."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

LARGEST_BASIC_CHARACTER = 0xFFFF
MAX_ENTITIES = 100
WHITESPACE = " \t\r\n\v\f\0"

Entity = dict[str, Any]


def utf16_length(text: str) -> int:
    return len(text) + sum(1 for character in text if ord(character) > LARGEST_BASIC_CHARACTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormattedText:
    """What a message says. Offsets and lengths of entities are UTF-16 code units."""

    text: str
    entities: tuple[Entity, ...] = ()

    @property
    def length(self) -> int:
        return utf16_length(self.text)


def trimmed(formatted: FormattedText) -> FormattedText:
    """Cut white space off both ends, as the server does, and move the entities along."""
    without_tail = formatted.text.rstrip(WHITESPACE)
    text = without_tail.lstrip(WHITESPACE)
    cut = utf16_length(without_tail) - utf16_length(text)
    kept = tuple(
        moved
        for entity in formatted.entities
        if (moved := _clipped(entity, shift=cut, limit=utf16_length(text))) is not None
    )
    return FormattedText(text=text, entities=kept[:MAX_ENTITIES])


def _clipped(entity: Entity, *, shift: int, limit: int) -> Entity | None:
    start = max(0, entity["offset"] - shift)
    end = min(limit, entity["offset"] - shift + entity["length"])
    return None if end <= start else {**entity, "offset": start, "length": end - start}


def merged(formatted: FormattedText, found: Sequence[Entity]) -> FormattedText:
    """Add entities found in the plain text wherever none of the given ones forbids it."""
    taken = [entity for entity in formatted.entities if entity["type"] in _OPAQUE]
    extra = [entity for entity in found if not any(_overlap(entity, other) for other in taken)]
    ordered = sorted(
        (*formatted.entities, *extra), key=lambda entity: (entity["offset"], -entity["length"])
    )
    return replace(formatted, entities=tuple(ordered[:MAX_ENTITIES]))


_OPAQUE = frozenset({"code", "pre", "text_link", "text_mention", "custom_emoji"})


def _overlap(one: Entity, other: Entity) -> bool:
    return bool(
        one["offset"] < other["offset"] + other["length"]
        and other["offset"] < one["offset"] + one["length"]
    )
