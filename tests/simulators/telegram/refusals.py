"""What the tests of the bot's methods share: a picture to send, and the words of a refusal."""

from collections.abc import Awaitable
from io import BytesIO

import pytest
from PIL import Image
from telegram.error import BadRequest


def picture(width: int = 640, height: int = 320, *, kind: str = "PNG") -> bytes:
    content = BytesIO()
    Image.new("RGB", (width, height), "teal").save(content, kind)
    return content.getvalue()


async def refusal(call: Awaitable[object]) -> str:
    with pytest.raises(BadRequest) as refused:
        await call
    return refused.value.message.lower()
