"""A small bot on the real library that does everything the page must be able to show."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw
from telegram import (
    BotCommand,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
from telegram.constants import ChatAction, ParseMode
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from tests.simulators.telegram.conftest import make_bot
from tests.support.local_telegram import OWNER, ReachableTelegram

Context = ContextTypes.DEFAULT_TYPE

COMMANDS = {
    "start": "the menu",
    "balance": "verified balances, with source and age",
    "rebalance": "plan and trade the difference",
    "picture": "a picture",
    "document": "a document",
    "keyboard": "keys instead of letters",
    "ask": "a question",
    "rich": "every kind of text",
    "think": "takes its time",
    "help": "all commands",
}
TABLE = (
    "Asset      Free   Held         USD\n"
    "BTC      0.1000      0    6,400.00\n"
    "ETH      1.5000 0.4210    4,650.00\n"
    "USD   10,000.00      0   10,000.00"
)
RICH = (
    "<b>bold</b> <i>italic</i> <u>under</u> <s>gone</s> <code>code</code> "
    "<tg-spoiler>secret</tg-spoiler> <a href='https://example.org/docs'>link</a> /help\n"
    "<pre>block</pre>\n"
    "<blockquote expandable>one\ntwo\nthree\nfour\nfive\nsix</blockquote>"
    "&lt;img src=x onerror=alert(1)&gt; 🏟 <b>after 🏟 emoji</b>"
)


def picture() -> bytes:
    image = Image.new("RGB", (800, 420), "#f6f8fa")
    draw = ImageDraw.Draw(image)
    for index, (before, after) in enumerate(((300, 210), (150, 240), (260, 200))):
        left = 90 + index * 230
        draw.rectangle((left, 380 - before, left + 70, 380), fill="#9fb3c8")
        draw.rectangle((left + 80, 380 - after, left + 150, 380), fill="#1f6fb2")
    content = BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def keys(*rows: tuple[str, ...]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(label, callback_data=label.lower()) for label in row]
            for row in rows
        ]
    )


async def on_start(update: Update, _: Context) -> None:
    await _reply(
        update,
        "<b>Good evening.</b> I hold your portfolio in balance.",
        reply_markup=keys(("Balances", "Tell me"), ("Warn me", "Silent")),
    )


async def on_balance(update: Update, _: Context) -> None:
    await _reply(
        update,
        f"<b>Kraken</b>, verified\n<pre>{TABLE}</pre>\n<i>from exchange, 2 s old</i>",
        reply_markup=keys(("Refresh",)),
    )


async def on_picture(update: Update, context: Context) -> None:
    await context.bot.send_photo(
        _chat(update),
        picture(),
        caption="<b>Plan</b>, before and after",
        parse_mode=ParseMode.HTML,
    )


async def on_document(update: Update, context: Context) -> None:
    await context.bot.send_document(
        _chat(update), b'{"incident": 7}', filename="incident-7.json", caption="For your records."
    )


async def on_keyboard(update: Update, _: Context) -> None:
    markup = ReplyKeyboardMarkup(
        [["/balance", "/help"], ["Away with it"]], input_field_placeholder="Choose one"
    )
    await _reply(update, "Here you are.", reply_markup=markup)


async def on_ask(update: Update, _: Context) -> None:
    await _reply(update, "How much?", reply_markup=ForceReply(input_field_placeholder="A number"))


async def on_rich(update: Update, _: Context) -> None:
    await _reply(update, RICH)


async def on_think(update: Update, context: Context) -> None:
    await context.bot.send_chat_action(_chat(update), ChatAction.TYPING)


async def on_words(update: Update, _: Context) -> None:
    message = update.effective_message
    assert message is not None
    if message.text == "Away with it":
        await _reply(update, "Gone.", reply_markup=ReplyKeyboardRemove())
        return
    answers = message.reply_to_message
    about = f" to “{answers.text}”" if answers else ""
    edited = "edited: " if update.edited_message else ""
    await message.reply_text(f"{edited}you said: {message.text}{about}", do_quote=True)


async def on_press(update: Update, _: Context) -> None:
    query = update.callback_query
    assert query is not None
    match query.data:
        case "tell me":
            await query.answer("All is well")
        case "warn me":
            await query.answer("Trading is halted", show_alert=True)
        case "silent":
            return
        case _:
            await query.answer()
            await query.edit_message_text(
                f"<b>Kraken</b>, verified\n<pre>{TABLE}</pre>\n<i>from exchange, 0 s old</i>",
                parse_mode=ParseMode.HTML,
                reply_markup=keys(("Refresh", "Close")),
            )


async def _reply(update: Update, text: str, reply_markup: Any = None) -> None:
    message = update.effective_message
    assert message is not None
    await message.reply_text(text, parse_mode=ParseMode.HTML, reply_markup=reply_markup)


def _chat(update: Update) -> int:
    assert update.effective_chat is not None
    return update.effective_chat.id


def build(local: ReachableTelegram) -> Application[Any, Any, Any, Any, Any, Any]:
    application = ApplicationBuilder().bot(make_bot(local)).build()
    for name, handler in {
        "start": on_start,
        "balance": on_balance,
        "picture": on_picture,
        "document": on_document,
        "keyboard": on_keyboard,
        "ask": on_ask,
        "rich": on_rich,
        "think": on_think,
    }.items():
        application.add_handler(CommandHandler(name, handler))
    application.add_handler(CallbackQueryHandler(on_press))
    application.add_handler(MessageHandler(filters.TEXT & filters.User(OWNER), on_words))
    return application


@asynccontextmanager
async def scripted_bot(local: ReachableTelegram) -> AsyncIterator[None]:
    """Poll and answer until the block is left; strangers get no answer to mere words."""
    application = build(local)
    async with application:
        await application.bot.set_my_description("Holds a portfolio in balance.")
        await application.bot.set_my_commands(
            [BotCommand(name, description) for name, description in COMMANDS.items()]
        )
        async with asyncio.TaskGroup() as group:
            polling = group.create_task(_poll(application))
            try:
                yield
            finally:
                polling.cancel()


async def _poll(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
    """The library's updater would end with one more poll, which the server brakes for 3 s."""
    offset = 0
    while True:
        for update in await application.bot.get_updates(offset=offset, timeout=30):
            offset = update.update_id + 1
            await application.process_update(update)
