"""The methods by which a bot speaks: messages, pictures, documents, edits and answers."""

from collections.abc import Callable, Mapping
from typing import Any

from simulators.telegram.arguments import Arguments, Upload
from simulators.telegram.bot_side import BotSide, Draft
from simulators.telegram.content import Words, checked_caption, read_caption, read_text
from simulators.telegram.errors import bad_request
from simulators.telegram.files import Files, StoredFile
from simulators.telegram.formatted_text import FormattedText
from simulators.telegram.keyboards import read_reply_markup

Method = Callable[[Arguments], Any]

CHAT_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


class Sending:
    def __init__(self, *, bot: BotSide, files: Files) -> None:
        self._bot = bot
        self._files = files

    def methods(self) -> Mapping[str, Method]:
        return {
            "sendmessage": self.send_message,
            "sendphoto": self.send_photo,
            "senddocument": self.send_document,
            "editmessagetext": self.edit_text,
            "editmessagecaption": self.edit_caption,
            "editmessagemedia": self.edit_media,
            "editmessagereplymarkup": self.edit_markup,
            "deletemessage": self.delete,
            "answercallbackquery": self.answer_press,
            "sendchataction": self.chat_action,
        }

    def send_message(self, arguments: Arguments) -> dict[str, Any]:
        draft = _draft(arguments, content=read_text(arguments))
        return self._bot.send(arguments.text("chat_id"), draft)

    def send_photo(self, arguments: Arguments) -> dict[str, Any]:
        return self._send_file(arguments, "photo")

    def send_document(self, arguments: Arguments) -> dict[str, Any]:
        return self._send_file(arguments, "document")

    def _send_file(self, arguments: Arguments, kind: str) -> dict[str, Any]:
        file = self._file(arguments, kind, arguments.text(kind))
        draft = _draft(arguments, content=read_caption(arguments), file=file)
        return self._bot.send(arguments.text("chat_id"), draft)

    def _file(self, arguments: Arguments, kind: str, reference: str) -> StoredFile:
        upload = _upload(arguments, kind, reference)
        if upload is not None:
            return self._files.keep(upload, as_photo=kind == "photo")
        if not reference:
            raise bad_request(f"there is no {kind} in the request")
        return self._files.known(reference)

    def edit_text(self, arguments: Arguments) -> dict[str, Any]:
        markup = read_reply_markup(arguments)
        chat, message_id = _target(arguments)
        return self._bot.edit_text(chat, message_id, read_text(arguments), markup)

    def edit_caption(self, arguments: Arguments) -> dict[str, Any]:
        markup = read_reply_markup(arguments)
        chat, message_id = _target(arguments)
        return self._bot.edit_caption(chat, message_id, read_caption(arguments), markup)

    def edit_media(self, arguments: Arguments) -> dict[str, Any]:
        media = arguments.json("media", what="input media")
        if not isinstance(media, dict) or media.get("type") not in {"photo", "document"}:
            raise bad_request("can't parse InputMedia: media type must be photo or document")
        kind = str(media["type"])
        content = checked_caption(
            Words(
                text=str(media.get("caption") or ""),
                parse_mode=str(media.get("parse_mode") or ""),
                entities=media.get("caption_entities"),
            )
        )
        file = self._file(arguments, kind, str(media.get("media", "")))
        chat, message_id = _target(arguments)
        draft = _draft(arguments, content=content, file=file)
        return self._bot.edit_media(chat, message_id, draft)

    def edit_markup(self, arguments: Arguments) -> dict[str, Any]:
        markup = read_reply_markup(arguments)
        chat, message_id = _target(arguments)
        return self._bot.edit_markup(chat, message_id, markup)

    def delete(self, arguments: Arguments) -> bool:
        chat, message_id = _target(arguments)
        self._bot.delete(chat, message_id)
        return True

    def answer_press(self, arguments: Arguments) -> bool:
        self._bot.answer_press(
            arguments.text("callback_query_id"),
            text=arguments.text("text").strip(),
            alert=arguments.flag("show_alert"),
        )
        return True

    def chat_action(self, arguments: Arguments) -> bool:
        action = arguments.text("action")
        if action not in CHAT_ACTIONS:
            raise bad_request("wrong parameter action in request")
        self._bot.act(arguments.text("chat_id"), action)
        return True


def _target(arguments: Arguments) -> tuple[str, int]:
    message_id = arguments.integer("message_id")
    if message_id <= 0:
        raise bad_request("message identifier is not specified")
    return arguments.text("chat_id"), message_id


def _upload(arguments: Arguments, field: str, reference: str) -> Upload | None:
    if reference.startswith("attach://"):
        name = reference.removeprefix("attach://")
        if name not in arguments.uploads:
            raise bad_request(f"file '{name}' is not attached")
        return arguments.uploads[name]
    return arguments.uploads.get(field)


def _draft(
    arguments: Arguments, *, content: FormattedText, file: StoredFile | None = None
) -> Draft:
    reply = arguments.json("reply_parameters", what="reply parameters") or {}
    if not isinstance(reply, dict):
        raise bad_request("object expected as reply parameters")
    reply_to = reply.get("message_id") or arguments.integer("reply_to_message_id") or None
    lenient = reply.get("allow_sending_without_reply") is True or arguments.flag(
        "allow_sending_without_reply"
    )
    return Draft(
        content=content,
        markup=read_reply_markup(arguments),
        file=file,
        reply_to=reply_to,
        reply_required=not lenient,
        thread_id=arguments.integer("message_thread_id") or None,
        silent=arguments.flag("disable_notification"),
    )
