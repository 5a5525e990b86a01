"""A token counts once, for whom it was made, where it was shown, until it expires."""

import asyncio
from dataclasses import replace

import pytest

from storage.confirmations import ConfirmationRepository
from storage.database import Database
from storage.records import ConfirmationRefusal, ConfirmationRow, ConflictingWrite
from tests.support.stores import NOW, later

QUESTION = ConfirmationRow(
    token_hash="hash",
    action="rebalance",
    payload="{}",
    payload_hash="abc",
    user_id=8,
    chat_id=7,
    message_id=None,
    created_at=NOW,
    expires_at=later(60),
    used_at=None,
)


async def press(
    questions: ConfirmationRepository,
    *,
    token: str = "hash",
    who: tuple[int, int, int] = (8, 7, 5),
    seconds: float = 1,
) -> ConfirmationRow | ConfirmationRefusal:
    user_id, chat_id, message_id = who
    return await questions.consume(
        token, user_id=user_id, chat_id=chat_id, message_id=message_id, at=later(seconds)
    )


async def test_of_many_presses_one_counts(database: Database) -> None:
    questions = ConfirmationRepository(database=database)
    await questions.create(QUESTION)
    await questions.bind("hash", 5)
    async with asyncio.TaskGroup() as group:
        presses = [group.create_task(press(questions)) for _ in range(10)]
    used = replace(QUESTION, message_id=5, used_at=later(1))
    results = [each.result() for each in presses]
    assert results.count("used") == 9
    assert used in results


@pytest.mark.parametrize(
    ("token", "who", "seconds", "refusal"),
    [
        ("other", (8, 7, 5), 1, "unknown"),
        ("hash", (9, 7, 5), 1, "other_user"),
        ("hash", (8, 6, 5), 1, "other_chat"),
        ("hash", (8, 7, 4), 1, "other_message"),
        ("hash", (8, 7, 5), 60, "expired"),
    ],
)
async def test_a_press_that_does_not_count_uses_nothing_up(
    database: Database, token: str, who: tuple[int, int, int], seconds: float, refusal: str
) -> None:
    questions = ConfirmationRepository(database=database)
    await questions.create(QUESTION)
    await questions.bind("hash", 5)
    assert await press(questions, token=token, who=who, seconds=seconds) == refusal
    assert isinstance(await press(questions), ConfirmationRow)


async def test_a_press_may_come_before_the_message_is_known(database: Database) -> None:
    questions = ConfirmationRepository(database=database)
    await questions.create(QUESTION)
    assert await press(questions) == replace(QUESTION, message_id=5, used_at=later(1))
    await questions.bind("hash", 5)
    with pytest.raises(ConflictingWrite, match="another message"):
        await questions.bind("hash", 6)
    with pytest.raises(ConflictingWrite, match="gone"):
        await questions.bind("none", 5)


async def test_expired_questions_are_forgotten(database: Database) -> None:
    questions = ConfirmationRepository(database=database)
    await questions.create(QUESTION)
    assert await questions.prune(later(60)) == 0
    assert await questions.prune(later(61)) == 1
    assert await press(questions) == "unknown"
