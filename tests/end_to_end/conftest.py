"""One nursery for all tests of a worker that measure no coverage of the bot they start."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.nursery import Nursery, running_nursery


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def nursery(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Nursery]:
    async with running_nursery(tmp_path_factory.mktemp("nursery")) as running:
        yield running
