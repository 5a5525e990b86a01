"""Reply markup: the buttons under a message, and the keyboard in place of the phone's own."""

from dataclasses import dataclass
from typing import Any

from simulators.telegram.arguments import Arguments
from simulators.telegram.errors import ApiError, bad_request
from simulators.telegram.markup import checked_link

MAX_CALLBACK_DATA_BYTES = 64
MAX_COPY_LENGTH = 256
MAX_INLINE_BUTTONS = 100
MAX_BUTTONS_IN_ROW = 8

Rows = list[list[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyMarkup:
    """At most one of the two is given: buttons of the message, or something about the keyboard."""

    inline: Rows | None = None
    keyboard: dict[str, Any] | None = None

    @property
    def is_editable(self) -> bool:
        return self.keyboard is None


NO_MARKUP = ReplyMarkup()


def read_reply_markup(arguments: Arguments) -> ReplyMarkup:
    given = arguments.json("reply_markup", what="reply keyboard markup")
    if given is None:
        return NO_MARKUP
    if not isinstance(given, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in given:
        rows = _rows(given["inline_keyboard"], field="inline_keyboard")
        return ReplyMarkup(inline=_inline(rows) or None)
    if "keyboard" in given:
        rows = _rows(given["keyboard"], field="keyboard")
        return ReplyMarkup(keyboard={**given, "keyboard": [_reply_row(row) for row in rows]})
    if given.get("remove_keyboard") is True or given.get("force_reply") is True:
        return ReplyMarkup(keyboard=given)
    return NO_MARKUP


def _rows(given: Any, *, field: str) -> list[list[Any]]:
    if not isinstance(given, list):
        raise bad_request(f'field "{field}" must be of type Array')
    for row in given:
        if not isinstance(row, list):
            raise bad_request(f'field "{field}" must be an Array of Arrays')
    return [row for row in given if row]


def _inline(rows: list[list[Any]]) -> Rows:
    if sum(len(row) for row in rows) > MAX_INLINE_BUTTONS:
        raise bad_request("reply markup is too long")
    if any(len(row) > MAX_BUTTONS_IN_ROW for row in rows):
        raise bad_request("BUTTON_ROW_TOO_LONG")
    return [[_inline_button(button) for button in row] for row in rows]


def _inline_button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise _button_refused("inline keyboard", "expected an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise _button_refused("inline keyboard", 'Field "text" must be of type String')
    if not text.strip():
        raise bad_request("BUTTON_TEXT_INVALID")
    checks = {"callback_data": _checked_data, "url": _checked_url, "copy_text": _checked_copy}
    for field, check in checks.items():
        if field in button:
            return {"text": text.strip(), field: check(button[field])}
    raise _button_refused("inline keyboard", "Text buttons are unallowed in the inline keyboard")


def _checked_data(data: Any) -> str:
    if not isinstance(data, str):
        raise _button_refused("inline keyboard", 'Field "callback_data" must be of type String')
    if not 1 <= len(data.encode()) <= MAX_CALLBACK_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    return data


def _checked_url(url: Any) -> str:
    link = checked_link(url) if isinstance(url, str) else None
    if link is None:
        raise bad_request("BUTTON_URL_INVALID")
    return link


def _checked_copy(given: Any) -> dict[str, str]:
    text = given.get("text") if isinstance(given, dict) else None
    if not isinstance(text, str) or not 1 <= len(text) <= MAX_COPY_LENGTH:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    return {"text": text}


def _reply_row(row: list[Any]) -> list[dict[str, Any]]:
    buttons = [{"text": button} if isinstance(button, str) else button for button in row]
    for button in buttons:
        if not isinstance(button, dict) or not isinstance(button.get("text"), str):
            raise _button_refused("keyboard", 'Field "text" must be of type String')
    return buttons


def _button_refused(kind: str, reason: str) -> ApiError:
    return bad_request(f"can't parse {kind} button: {reason}")
