"""What a command gives back: text in Telegram's HTML, buttons, perhaps a picture or a file."""

from __future__ import annotations

from dataclasses import dataclass, field

from handlers.confirmation import PressData, PressKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One inline button; `data` is at most 64 bytes."""

    label: str
    data: str


Keyboard = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file to be kept."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer; `tokens` are hashes of confirmations to bind to the message it becomes."""

    text: str
    keyboard: Keyboard = ()
    picture: bytes | None = None
    document: Document | None = None
    tokens: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an answer goes."""

    chat_id: int
    thread_id: int | None = None


def view_buttons(
    name: str, arguments: tuple[str, ...] = (), *, page: int = 0, pages: int = 1
) -> Keyboard:
    """Refresh in place, and a row for paging where there are pages."""
    rows: list[tuple[Button, ...]] = []
    if pages > 1:
        turns = (("◀", page - 1), (f"{page + 1}/{pages}", page), ("▶", page + 1))
        rows.append(
            tuple(
                button
                for label, target in turns
                if 0 <= target < pages and (button := _view(label, name, arguments, target))
            )
        )
    refresh = _view("↻ Refresh", name, arguments, page)
    if refresh is not None:
        rows.append((refresh,))
    return tuple(row for row in rows if row)


def view_button(label: str, name: str, arguments: tuple[str, ...] = ()) -> Keyboard:
    """A single button that opens another view in place; nothing when it does not fit."""
    button = _view(label, name, arguments, 0)
    return ((button,),) if button else ()


def _view(label: str, name: str, arguments: tuple[str, ...], page: int) -> Button | None:
    data = PressData(kind=PressKind.VIEW, value=name, page=page, arguments=arguments).encode()
    return Button(label=label, data=data) if data else None
