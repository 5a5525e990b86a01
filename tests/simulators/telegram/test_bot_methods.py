"""The real python-telegram-bot, unmodified, speaks, edits and is refused over a real socket."""

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    MessageEntity,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import EndPointNotFound, Forbidden, InvalidToken

from tests.simulators.telegram.conftest import make_bot
from tests.simulators.telegram.refusals import picture, refusal
from tests.support.local_telegram import OWNER, STRANGER, VIEWER, ReachableTelegram

GROUP = -100500
BUTTONS = InlineKeyboardMarkup(
    [
        [InlineKeyboardButton("Confirm", callback_data="yes")],
        [
            InlineKeyboardButton("Docs", url="https://example.org"),
            InlineKeyboardButton("No", callback_data="no"),
        ],
    ]
)


async def test_the_bot_learns_who_it_is(bot: Bot) -> None:
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.username) == (123, True, "steelyard_demo_bot")


async def test_a_wrong_token_is_refused(local: ReachableTelegram) -> None:
    for token in ("123:other-demo", "not-a-token"):
        stranger = make_bot(local, token=token)
        with pytest.raises(InvalidToken):
            await stranger.initialize()
        await stranger.shutdown()


async def test_html_becomes_text_and_entities(bot: Bot) -> None:
    sent = await bot.send_message(
        OWNER, "<b>Balance</b> &lt;now&gt;\n<pre>BTC  0.5</pre> /help", parse_mode=ParseMode.HTML
    )
    assert sent.text == "Balance <now>\nBTC  0.5 /help"
    assert sent.parse_entities() == {
        sent.entities[0]: "Balance",
        sent.entities[1]: "BTC  0.5",
        sent.entities[2]: "/help",
    }
    assert sent.entities[2].type == MessageEntity.BOT_COMMAND
    assert sent.chat.type == "private"


async def test_entities_may_be_given_instead_of_a_parse_mode(bot: Bot) -> None:
    sent = await bot.send_message(
        OWNER, "🏟 bold", entities=[MessageEntity(MessageEntity.BOLD, 3, 4)]
    )
    assert list(sent.parse_entities().values()) == ["bold"]


async def test_a_long_message_fits_to_the_last_character(bot: Bot) -> None:
    assert (await bot.send_message(OWNER, "x" * 4096)).text == "x" * 4096
    assert await refusal(bot.send_message(OWNER, "x" * 4097)) == "message is too long"
    assert await refusal(bot.send_message(OWNER, " \n ")) == "message text is empty"
    assert "can't find end tag" in await refusal(
        bot.send_message(OWNER, "<b>x", parse_mode=ParseMode.HTML)
    )


async def test_callback_data_may_have_64_bytes(bot: Bot) -> None:
    buttons = one_button(callback_data="ä" * 32)
    sent = await bot.send_message(OWNER, "x", reply_markup=buttons)
    assert sent.reply_markup == buttons


def one_button(
    text: str = "x", *, callback_data: str | None = None, url: str | None = None
) -> InlineKeyboardMarkup:
    button = InlineKeyboardButton(text, callback_data=callback_data, url=url)
    return InlineKeyboardMarkup([[button]])


@pytest.mark.parametrize(
    ("buttons", "reason"),
    [
        pytest.param(
            one_button(callback_data="ä" * 32 + "x"), "button_data_invalid", id="65 bytes"
        ),
        pytest.param(one_button(url="nowhere"), "button_url_invalid", id="no address"),
        pytest.param(
            one_button(" ", callback_data="x"), "button_text_invalid", id="nothing on it"
        ),
        pytest.param(
            one_button(), "text buttons are unallowed in the inline keyboard", id="does nothing"
        ),
        pytest.param(
            InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="x")] * 9]),
            "button_row_too_long",
            id="nine in a row",
        ),
        pytest.param(
            InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="x")]] * 101),
            "reply markup is too long",
            id="more than a hundred",
        ),
    ],
)
async def test_buttons_are_checked_as_telegram_checks_them(
    bot: Bot, buttons: InlineKeyboardMarkup, reason: str
) -> None:
    assert (await refusal(bot.send_message(OWNER, "x", reply_markup=buttons))).endswith(reason)


async def test_a_reply_keyboard_is_shown_but_not_part_of_the_result(
    bot: Bot, local: ReachableTelegram
) -> None:
    sent = await bot.send_message(
        OWNER, "choose", reply_markup=ReplyKeyboardMarkup([["/status", "/balance"]])
    )
    assert sent.reply_markup is None
    shown = await local.wait_for("choose")
    assert shown.raw["keyboard"]["keyboard"] == [[{"text": "/status"}, {"text": "/balance"}]]
    assert await refusal(sent.edit_text("changed")) == "message can't be edited"
    await bot.send_message(OWNER, "gone", reply_markup=ReplyKeyboardRemove())
    assert (await local.wait_for("gone")).raw["keyboard"]["remove_keyboard"] is True


async def test_edits_happen_in_place_and_are_counted(bot: Bot, local: ReachableTelegram) -> None:
    sent = await bot.send_message(OWNER, "one", reply_markup=BUTTONS)
    edited = await sent.edit_text("<i>two</i>", parse_mode=ParseMode.HTML, reply_markup=BUTTONS)
    assert isinstance(edited, Message)
    assert (edited.message_id, edited.text, edited.edit_date is None) == (
        sent.message_id,
        "two",
        False,
    )
    without = await edited.edit_text("three")
    assert isinstance(without, Message)
    assert without.reply_markup is None, "an edit that names no buttons removes them"
    shown = await local.transcript(OWNER)
    assert [(item.event, item.text, len(item.labels)) for item in shown] == [
        ("message", "one", 3),
        ("edit", "two", 3),
        ("edit", "three", 0),
    ]


async def test_edits_are_refused_in_the_servers_words(bot: Bot, local: ReachableTelegram) -> None:
    sent = await bot.send_message(OWNER, "same", reply_markup=BUTTONS)
    said = await local.say(OWNER, "mine")
    photo = await bot.send_photo(OWNER, picture())
    assert "message is not modified" in await refusal(sent.edit_text("same", reply_markup=BUTTONS))
    assert "message is not modified" in await refusal(sent.edit_reply_markup(reply_markup=BUTTONS))
    edit = bot.edit_message_text
    assert await refusal(edit("x", OWNER, 999)) == "message to edit not found"
    assert await refusal(edit("x", OWNER, said["message_id"])) == "message can't be edited"
    assert (
        await refusal(edit("x", OWNER, photo.message_id))
        == "there is no text in the message to edit"
    )
    assert (
        await refusal(bot.edit_message_caption(OWNER, sent.message_id, caption="x"))
        == "there is no caption in the message to edit"
    )


async def test_only_the_buttons_can_change(bot: Bot, local: ReachableTelegram) -> None:
    sent = await bot.send_message(OWNER, "plan", reply_markup=BUTTONS)
    await sent.edit_reply_markup(None)
    shown = (await local.transcript(OWNER))[-1]
    assert (shown.event, shown.text, shown.labels) == ("edit", "plan", ())
    assert shown.raw["edit_date"] is None, "the text is not marked as edited"


async def test_messages_are_deleted_once(bot: Bot, local: ReachableTelegram) -> None:
    sent = await bot.send_message(OWNER, "short-lived")
    assert await sent.delete() is True
    assert await refusal(sent.delete()) == "message to delete not found"
    assert [item.event for item in await local.transcript(OWNER)] == ["message", "delete"]


async def test_replies_name_what_they_answer(bot: Bot, local: ReachableTelegram) -> None:
    said = await local.say(OWNER, "question")
    reply = await bot.send_message(OWNER, "answer", reply_to_message_id=said["message_id"])
    assert reply.reply_to_message is not None
    assert reply.reply_to_message.text == "question"
    send = bot.send_message
    assert (
        await refusal(send(OWNER, "x", reply_to_message_id=999))
        == "message to be replied not found"
    )
    lenient = await send(OWNER, "x", reply_to_message_id=999, allow_sending_without_reply=True)
    assert lenient.reply_to_message is None


async def test_chats_nobody_started_or_that_blocked_the_bot(
    bot: Bot, local: ReachableTelegram
) -> None:
    assert await refusal(bot.send_message(4242, "x")) == "chat not found"
    assert await refusal(bot.send_message("@nobody", "x")) == "chat not found"
    await local.block(VIEWER)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(VIEWER, "x")
    blocked = (await bot.get_updates())[-1]
    assert blocked.my_chat_member is not None
    assert blocked.my_chat_member.new_chat_member.status == "kicked"
    await local.say(VIEWER, "back again")
    await bot.send_message(VIEWER, "welcome")


async def test_a_group_has_topics_and_a_private_chat_has_none(
    bot: Bot, local: ReachableTelegram
) -> None:
    sent = await bot.send_message(GROUP, "fill", message_thread_id=7)
    assert (sent.chat.type, sent.message_thread_id) == ("supergroup", 7)
    assert (
        await refusal(bot.send_message(OWNER, "x", message_thread_id=7))
        == "message thread not found"
    )
    await local.say(STRANGER, "/halt", chat_id=GROUP, thread_id=7)
    received = (await bot.get_updates())[0].message
    assert received is not None
    assert (received.chat.id, received.from_user and received.from_user.id) == (GROUP, STRANGER)


async def test_commands_are_registered_by_scope(bot: Bot) -> None:
    await bot.set_my_commands([BotCommand("help", "what I can do")])
    await bot.set_my_commands([BotCommand("halt", "stop")], scope=BotCommandScopeChat(OWNER))
    assert [command.command for command in await bot.get_my_commands()] == ["help"]
    mine = await bot.get_my_commands(scope=BotCommandScopeChat(OWNER))
    assert mine == (BotCommand("halt", "stop"),)
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()
    assert await refusal(bot.set_my_commands([BotCommand("Help!", "x")])) == "bot_command_invalid"
    assert (
        await refusal(bot.set_my_commands([BotCommand("help", " ")]))
        == "bot_command_description_invalid"
    )


async def test_the_bot_describes_itself_and_its_chats(bot: Bot) -> None:
    await bot.set_my_description("A portfolio bot")
    await bot.set_my_short_description("Portfolio")
    assert (await bot.get_my_description()).description == "A portfolio bot"
    chat = await bot.get_chat(OWNER)
    assert (chat.id, chat.first_name, chat.type) == (OWNER, "Ada", "private")
    member = await bot.get_chat_member(GROUP, VIEWER)
    assert member.user.id == VIEWER
    assert await bot.send_chat_action(OWNER, ChatAction.TYPING) is True


async def test_unknown_methods_are_not_found(bot: Bot) -> None:
    with pytest.raises(EndPointNotFound):
        await bot.do_api_request("sendTelepathy", api_kwargs={"chat_id": OWNER})
