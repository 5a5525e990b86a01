"""What users do reaches the library's own Application, and comes again until it is confirmed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, Conflict
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
)

from tests.simulators.telegram.conftest import make_bot
from tests.support.local_telegram import OWNER, VIEWER, ReachableTelegram
from tests.support.waiting import eventually

BUTTONS = InlineKeyboardMarkup([[InlineKeyboardButton("Again", callback_data="again")]])
type_of_context = ContextTypes.DEFAULT_TYPE


async def on_start(update: Update, _: type_of_context) -> None:
    assert update.effective_message is not None
    await update.effective_message.reply_text("welcome", reply_markup=BUTTONS)


async def on_press(update: Update, _: type_of_context) -> None:
    query = update.callback_query
    assert query is not None
    await query.answer("done", show_alert=True)
    await query.edit_message_text(f"pressed {query.data}")


@asynccontextmanager
async def running_application(local: ReachableTelegram) -> AsyncIterator[None]:
    application: Application = (  # type: ignore[type-arg]  # six parameters nobody reads
        ApplicationBuilder().bot(make_bot(local)).build()
    )
    application.add_handler(CommandHandler("start", on_start))
    application.add_handler(CallbackQueryHandler(on_press))
    async with application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling(timeout=5)
        yield
        await application.updater.stop()
        await application.stop()


async def test_an_application_answers_commands_and_buttons(local: ReachableTelegram) -> None:
    async with running_application(local):
        await local.say(OWNER, "/start")
        await local.wait_for("welcome")
        await local.press(OWNER, "Again")
        edited = await local.wait_for("pressed again")
        answer = await local.wait_for(lambda shown: shown.event == "answer")
    assert (edited.event, edited.labels) == ("edit", ())
    assert (answer.text, answer.raw["alert"], answer.raw["user_id"]) == ("done", True, OWNER)
    assert [update["state"] for update in await local.updates()] == ["confirmed", "confirmed"]


async def test_a_button_that_is_gone_cannot_be_pressed(bot: Bot, local: ReachableTelegram) -> None:
    sent = await bot.send_message(OWNER, "x", reply_markup=BUTTONS)
    await sent.edit_text("y")
    with pytest.raises(AssertionError, match="No such button is on the screen"):
        await local.press(OWNER, "Again", sent.message_id)
    forced = await local.press(OWNER, "Again", sent.message_id, data="again", force=True)
    assert forced["update_id"] > 0, "a screen that lags behind can still press it"


async def test_only_the_first_answer_to_a_press_is_shown(
    bot: Bot, local: ReachableTelegram
) -> None:
    await bot.send_message(OWNER, "x", reply_markup=BUTTONS)
    query_id = (await local.press(OWNER, "Again"))["query_id"]
    await bot.answer_callback_query(query_id, "first")
    await bot.answer_callback_query(query_id, "second")
    with pytest.raises(BadRequest, match=r"[Qq]uery is too old"):
        await bot.answer_callback_query("12345", "never pressed")
    answers = [shown.text for shown in await local.transcript() if shown.event == "answer"]
    assert answers == ["first"]


async def test_dates_and_edits_of_users_reach_the_bot(bot: Bot, local: ReachableTelegram) -> None:
    said = await local.say(VIEWER, "/halt", date=1_700_000_000)
    await local.edit(VIEWER, said["message_id"], "/resume")
    first, second = await bot.get_updates()
    assert first.message is not None
    assert first.message.date.timestamp() == 1_700_000_000
    assert second.edited_message is not None
    assert (second.edited_message.text, second.edited_message.message_id) == (
        "/resume",
        said["message_id"],
    )


async def test_an_old_message_is_not_delivered_after_a_pending_drop(
    bot: Bot, local: ReachableTelegram
) -> None:
    await local.say(OWNER, "/rebalance")
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()
    assert [update["state"] for update in await local.updates()] == ["dropped"]


async def test_the_older_of_two_bots_gets_a_conflict(local: ReachableTelegram) -> None:
    async with make_bot(local) as older, make_bot(local) as newer, asyncio.TaskGroup() as group:
        refused = group.create_task(conflict(older))
        await local.until_polled()
        polled = group.create_task(newer.get_updates(offset=5, timeout=20))
        assert "terminated by other getUpdates" in (await refused).message
        await local.say(OWNER, "hello")
        assert len(await polled) == 1


async def conflict(bot: Bot) -> Conflict:
    with pytest.raises(Conflict) as refused:
        await bot.get_updates(timeout=20)
    return refused.value


async def test_json_and_queries_work_like_forms(local: ReachableTelegram) -> None:
    url = f"{local.api_url}/bot{local.token}/sendMessage"
    calls = (
        local.session.post(url, json={"chat_id": OWNER, "text": "json", "reply_markup": {}}),
        local.session.post(url, data={"chat_id": OWNER, "text": "form"}),
        local.session.get(url, params={"chat_id": OWNER, "text": "query"}),
    )
    for call in calls:
        async with call as answer:
            assert (await answer.json())["ok"] is True
    assert [shown.text for shown in await local.transcript()] == ["json", "form", "query"]
    async with local.session.post(
        url, data=b"{", headers={"Content-Type": "application/json"}
    ) as answer:
        assert (answer.status, (await answer.json())["error_code"]) == (400, 400)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "https://evil.example"}, id="page from elsewhere"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="picture on a page from elsewhere"),
        pytest.param({"Host": "evil.example"}, id="name that leads here"),
    ],
)
async def test_web_pages_cannot_reach_the_bot_api(
    local: ReachableTelegram, headers: dict[str, str]
) -> None:
    await local.say(OWNER, "/halt")
    for url in (f"{local.api_url}/bot{local.token}/getUpdates", f"{local.control_url}/state"):
        async with local.session.get(url, headers=headers) as answer:
            assert answer.status == 403
    assert (await local.updates())[0]["deliveries"] == 0


async def test_waiting_users_are_told_at_once(bot: Bot, local: ReachableTelegram) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(local.wait_for("pushed"))
        await eventually(lambda: not waiting.done())
        await bot.send_message(VIEWER, "something else")
        await bot.send_message(OWNER, "pushed by itself")
    assert waiting.result().chat_id == OWNER


async def test_waiting_looks_past_a_long_talk(bot: Bot, local: ReachableTelegram) -> None:
    for _ in range(520):
        await local.say(VIEWER, "chatter")
    await bot.send_message(OWNER, "the needle")
    assert (await local.wait_for("the needle")).chat_id == OWNER


async def test_the_state_says_who_is_there(bot: Bot, local: ReachableTelegram) -> None:
    assert bot.id == 123
    state = await local.state()
    assert [user["first_name"] for user in state["users"]] == ["Ada", "Vic", "Sam"]
    assert state["polled"] is False


async def test_control_refuses_nonsense_in_words(local: ReachableTelegram) -> None:
    for path, body, status in (
        ("/send", {"user_id": 5, "text": "x"}, 404),
        ("/send", {"user_id": OWNER, "text": " "}, 400),
        ("/send", {"user_id": OWNER, "text": "x" * 4097}, 400),
        ("/send", {"user_id": "1001", "text": "x"}, 400),
        ("/send", {"user_id": OWNER, "text": 5}, 400),
        ("/send", {"user_id": OWNER, "text": "x", "chat_id": VIEWER}, 404),
        ("/edit", {"user_id": OWNER, "message_id": 77, "text": "x"}, 404),
        ("/faults", {"name": "gremlins"}, 400),
        ("/faults", {"name": "outage", "count": "two"}, 400),
        ("/send", [], 400),
    ):
        async with local.session.post(f"{local.control_url}{path}", json=body) as answer:
            assert (answer.status, "error" in await answer.json()) == (status, True), (path, body)
    timeout = aiohttp.ClientTimeout(total=5)
    async with local.session.get(f"{local.control_url}/file", timeout=timeout) as answer:
        assert answer.status == 404
