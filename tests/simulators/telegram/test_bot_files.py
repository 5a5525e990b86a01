"""Pictures and documents go up, come back byte for byte, and are refused as Telegram refuses."""

import pytest
from telegram import Bot, InputMediaPhoto, Message
from telegram.constants import ParseMode

from tests.simulators.telegram.refusals import picture, refusal
from tests.support.local_telegram import OWNER, ReachableTelegram


async def test_photos_come_back_byte_for_byte(bot: Bot) -> None:
    content = picture()
    sent = await bot.send_photo(OWNER, content, caption="<b>Before</b>", parse_mode=ParseMode.HTML)
    assert [(size.width, size.height) for size in sent.photo] == [(90, 45), (320, 160), (640, 320)]
    assert sent.parse_caption_entities() == {sent.caption_entities[0]: "Before"}
    file = await bot.get_file(sent.photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == content
    again = await bot.send_photo(OWNER, sent.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == sent.photo[-1].file_unique_id


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "file must be non-empty", id="empty"),
        pytest.param(b"no picture", "image_process_failed", id="no picture"),
        pytest.param(picture()[:-200], "image_process_failed", id="half a picture"),
        pytest.param(picture(2100, 100), "photo_invalid_dimensions", id="too flat"),
        pytest.param(picture(5001, 5000), "photo_invalid_dimensions", id="too large"),
    ],
)
async def test_pictures_that_cannot_be_shown_are_refused(
    bot: Bot, content: bytes, reason: str
) -> None:
    assert await refusal(bot.send_photo(OWNER, content)) == reason


async def test_pictures_and_captions_can_be_replaced(bot: Bot, local: ReachableTelegram) -> None:
    sent = await bot.send_photo(OWNER, picture(), caption="before")
    await sent.edit_caption("after")
    edited = await sent.edit_media(InputMediaPhoto(picture(100, 100), caption="new"))
    assert isinstance(edited, Message)
    assert (edited.photo[-1].width, edited.caption) == (100, "new")
    assert await refusal(sent.edit_caption("x" * 1025)) == "message caption is too long"
    assert [item.text for item in await local.transcript(OWNER)] == ["before", "after", "new"]


async def test_documents_keep_their_names(bot: Bot, local: ReachableTelegram) -> None:
    sent = await bot.send_document(OWNER, b"{}", filename="../incident 7.json", caption="report")
    assert sent.document is not None
    assert (sent.document.file_name, sent.document.mime_type) == (
        "incident 7.json",
        "application/json",
    )
    assert await local.file(sent.document.file_id) == b"{}"
    assert await refusal(bot.get_file("unknown")) == "invalid file_id"
    assert (
        await refusal(bot.send_document(OWNER, "unknown"))
        == "wrong file identifier/http url specified"
    )
