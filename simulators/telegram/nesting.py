"""Which entities may lie inside which: code keeps everything else out of itself."""

from collections.abc import Iterable, Iterator, Sequence

from simulators.telegram.formatted_text import Entity

_CODE = frozenset({"code", "pre"})
_QUOTES = frozenset({"blockquote", "expandable_blockquote"})


def untangled(entities: Sequence[Entity]) -> tuple[Entity, ...]:
    """Return the entities in order of place, with styles cut away wherever there is code."""
    ordered = sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))
    code = _outermost(_with_languages([item for item in ordered if item["type"] in _CODE]))
    quotes = [entity for entity in ordered if entity["type"] in _QUOTES]
    styles = [
        part
        for entity in ordered
        if entity["type"] not in _CODE | _QUOTES
        for part in _without(entity, code)
    ]
    return tuple(
        sorted((*quotes, *code, *styles), key=lambda entity: (entity["offset"], -entity["length"]))
    )


def _with_languages(code: Sequence[Entity]) -> list[Entity]:
    """A `code` of a known language over exactly the text of a `pre` names the `pre`'s language."""
    languages = {_span(entity): entity["language"] for entity in code if "language" in entity}
    preformatted = {_span(entity) for entity in code if entity["type"] == "pre"}
    named: list[Entity] = []
    for entity in code:
        span = _span(entity)
        plain = {key: value for key, value in entity.items() if key != "language"}
        if entity["type"] == "pre" and span in languages:
            named.append({**plain, "language": languages[span]})
        elif entity["type"] == "pre" or span not in preformatted:
            named.append(plain)
    return named


def _outermost(code: Iterable[Entity]) -> list[Entity]:
    kept: list[Entity] = []
    for entity in code:
        if not kept or entity["offset"] >= sum(_span(kept[-1])):
            kept.append(entity)
    return kept


def _without(entity: Entity, code: Sequence[Entity]) -> Iterator[Entity]:
    start, end = entity["offset"], entity["offset"] + entity["length"]
    for hole in code:
        hole_start, hole_end = hole["offset"], hole["offset"] + hole["length"]
        if hole_end <= start or hole_start >= end:
            continue
        if hole_start > start:
            yield {**entity, "offset": start, "length": hole_start - start}
        start = hole_end
    if start < end:
        yield {**entity, "offset": start, "length": end - start}


def _span(entity: Entity) -> tuple[int, int]:
    return entity["offset"], entity["length"]
