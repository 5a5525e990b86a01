"""What /health and /metrics say."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from handlers.http.health import HealthPage
from handlers.http.metrics import MetricsPage
from tests.support.clock import FakeClock
from tests.support.counted import Counted
from tests.support.http_door import Got
from tests.support.waiting import settle
from trading.intents.machine import Component
from trading.metrics import catalogue
from trading.metrics.families import Sample
from trading.metrics.meter import CommandOutcome


async def got(page: HealthPage | MetricsPage, accept: str = "") -> Got:
    request = make_mocked_request("GET", "/", headers={"Accept": accept})
    response = await page.answer(request)
    assert isinstance(response, web.Response)
    body = response.body
    assert isinstance(body, bytes)
    return Got(status=response.status, text=body.decode(), headers=dict(response.headers))


class Parts:
    """Two parts, and how often somebody looked."""

    def __init__(self) -> None:
        self.is_well = True
        self.looks = 0

    async def look(self) -> Sequence[Component]:
        self.looks += 1
        await settle(1)
        since = datetime(2026, 1, 5, tzinfo=UTC)
        return (
            Component(name="loop", healthy=True, detail="fine"),
            Component(name="database", healthy=self.is_well, detail="locked", since=since),
        )


async def test_health_names_every_reason_and_every_part() -> None:
    clock, parts = FakeClock(), Parts()
    page = HealthPage(look=parts.look, clock=clock)
    well = await got(page)
    parts.is_well = False
    await clock.advance(2.0)
    unwell = await got(page)
    assert (well.status, unwell.status) == (200, 503)
    assert (well.json["healthy"], well.json["reasons"]) == (True, [])
    assert unwell.json["reasons"] == ["database: locked"]
    assert [each["name"] for each in unwell.json["components"]] == ["loop", "database"]
    assert unwell.json["components"][1]["since"] == "2026-01-05T00:00:00+00:00"


async def test_a_crowd_that_asks_for_health_costs_one_look() -> None:
    clock, parts = FakeClock(), Parts()
    page = HealthPage(look=parts.look, clock=clock)
    await asyncio.gather(*(got(page) for _ in range(20)))
    assert parts.looks == 1
    await clock.advance(1.1)
    await got(page)
    assert parts.looks == 2


async def _read() -> Sequence[Sample]:
    return (
        catalogue.BALANCE_VERIFIED.sample(1.0, 'kra"ken\n'),
        catalogue.STREAM_RECONNECTS.sample(3.0, "kraken", "private"),
    )


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain"),
        ("text/plain", "text/plain"),
        ("application/openmetrics-text;version=1.0.0", "application/openmetrics-text"),
        ("nonsense/*;;q=,,", "text/plain"),
    ],
)
async def test_the_page_is_in_the_format_that_was_asked_for(
    accept: str, content_type: str
) -> None:
    counted = Counted()
    counted.meter.command("balance", CommandOutcome.DONE, 0.004)
    page = await got(MetricsPage(registry=counted.registry, read=_read), accept)
    assert page.headers["Content-Type"].startswith(content_type)
    assert 'steelyard_commands_total{command="balance",outcome="done"} 1.0' in page.text
    assert 'steelyard_balance_verified{venue="kra\\"ken\\n"} 1.0' in page.text
    assert 'steelyard_stream_reconnects_total{stream="private",venue="kraken"} 3.0' in page.text
    assert "_created" not in page.text
