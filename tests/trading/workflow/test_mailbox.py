"""What is left in the mailbox reaches the bus, in order."""

import asyncio

from tests.support.balance_parts import Heard
from tests.support.clock import START
from tests.support.waiting import eventually
from trading.events import EventBus, OwnerNotice
from trading.workflow.mailbox import Mailbox


def notice(number: int) -> OwnerNotice:
    return OwnerNotice(kind="test", text=str(number), at=START)


async def arrived(heard: Heard, count: int) -> None:
    await eventually(lambda: len(heard.events) == count)


async def test_everything_is_published_in_order_whenever_it_was_left() -> None:
    bus = EventBus()
    heard = Heard(bus)
    mailbox = Mailbox(bus=bus)
    mailbox.put(notice(0))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(mailbox.run())
        for number in range(1, 5):
            mailbox.put(notice(number))
            await arrived(heard, 1 + number)
        running.cancel()
    assert heard.events == [notice(number) for number in range(5)]
