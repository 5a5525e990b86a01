"""Every bench runs, in its smallest size, and says what it measured."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from bench.__main__ import BENCHES, TINY, run
from bench.footprint import Memory, resident_mib
from bench.healing import measure
from bench.healing_cases import failures
from bench.healing_report import rows, summary
from bench.healing_values import Door
from bench.history import opening_balances, unexplained, worth
from bench.latency import Latencies
from bench.measures import Measure, quantile, table
from bench.production import link_packages
from bench.rebalancing import CLIENTS, Run, with_ccxt
from simulators.clock import RealClock
from tests.support.processes import run as run_python
from tests.support.shared import shared

ROWS = {
    "latency": 6,
    "footprint": 4,
    "store": 3,
    "rebalance": 1,
    "nonces": 4,
    "streams": 4,
    "frames": 2,
    "market": 4,
    "workflow": 2,
    "venues": 4,
}


@pytest.mark.parametrize("name", BENCHES)
async def test_each_bench_fills_its_rows(name: str) -> None:
    measures = await run(name, clock=RealClock(), sizes=TINY)
    assert len(measures) == ROWS[name]
    for each in measures:
        assert each.name
        assert any(character.isdigit() for character in each.value), each
        assert (each.fits is None) == (not each.aim)


async def test_a_failure_heals_and_its_row_says_so(tmp_path: Path) -> None:
    (chosen,) = (
        each
        for each in failures()
        if each.name == "disconnect between order and answer" and each.door is Door.REST
    )
    found = await measure(tmp_path, [chosen], RealClock())
    (row,) = rows(found)
    assert row.value.endswith(" s"), row
    assert "Outcome unknown" in row.note
    healed, _ = summary(found)  # how soon it was told is for a quiet machine to say
    assert healed.fits, healed


def test_no_failure_is_listed_twice() -> None:
    listed = [(each.name, each.door, each.situation) for each in failures()]
    assert len(set(listed)) == len(listed) > 75


def test_a_quantile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert quantile(values, 0.5) == 50.0
    assert quantile(values, 0.99) == 99.0
    assert quantile([7.0], 0.99) == 7.0


def test_the_table_lines_up_and_says_what_was_missed() -> None:
    written = table(
        [
            Measure(name="quick", value="1 s", aim="< 2 s", fits=True),
            Measure(name="slower than that", value="3 s", aim="< 2 s", fits=False, note="busy"),
        ]
    ).splitlines()
    assert len({len(line) for line in written}) == 1
    assert "| yes |" in written[2]
    assert "| NO  |" in written[3]


def test_our_own_share_is_what_the_bare_bot_does_not_take() -> None:
    found = Latencies(
        ours=(0.010, 0.012, 0.020),
        bare=(0.005, 0.006, 0.030),
        metered=(0.0103, 0.0123, 0.0190),
        scrape_seconds=0.004,
    )
    assert found.own(0.5) == pytest.approx(0.006)
    assert found.own(0.99) == pytest.approx(0.014)
    assert found.metering == pytest.approx(0.0003 / 0.012)


def test_growth_is_counted_from_the_warm_state() -> None:
    memory = Memory(
        at_start=90.0, warm=100.0, at_end=102.0, seconds=1.0, commands=1, runs=1, valuations=1
    )
    assert memory.growth == pytest.approx(0.02)


@pytest.mark.parametrize(("sells", "buys", "ideal"), [(2, 3, 0.2), (0, 3, 0.1), (2, 0, 0.1)])
def test_the_ideal_is_a_round_trip_for_each_stage(sells: int, buys: int, ideal: float) -> None:
    run = Run(sells=sells, buys=buys, seconds=0.25)
    assert run.ideal_seconds == pytest.approx(ideal)
    assert run.ratio == pytest.approx(0.25 / ideal)


@pytest.mark.clients
@pytest.mark.skipif(not CLIENTS.exists(), reason="no .venv-clients: `make test` creates it")
@pytest.mark.parametrize("way", ["rest", "stream"])
async def test_ccxt_does_the_trades_of_a_run(tmp_path: Path, way: str) -> None:
    trades = (("BTC/USD", "sell", "0.01", "63000"), ("ETH/USD", "buy", "0.1", "3200"))
    run = Run(sells=1, buys=1, seconds=0.2, trades=trades)
    assert await with_ccxt(tmp_path / "kraken", run, way) >= run.ideal_seconds


async def test_the_production_packages_alone_are_enough(tmp_path: Path) -> None:
    packages = link_packages(tmp_path / "packages")
    words = "import bot, composition.process, composition.telegram, trading.venues.kraken.adapter"
    alone = {"PYTHONPATH": str(packages)}
    child = await run_python("-S", "-c", words, environment=alone)
    assert child.returncode == 0, child.said()
    tools = await run_python("-S", "-c", "import pytest", environment=alone)
    assert tools.returncode != 0


def test_this_process_takes_some_memory() -> None:
    assert 5 < resident_mib(os.getpid()) < 5_000


def test_the_opening_balances_hold_the_targets() -> None:
    start = opening_balances(shared("data", "candles"))
    assert start["BTC"] == Decimal("1.00")
    assert set(start) == {"BTC", "ETH", "LTC", "XMR", "ZEC", "DASH"}
    assert start["ETH"] == Decimal("18.29268292")


BOOK = {
    "balances": {"BTC": {"total": "1.4974"}, "ETH": {"total": "5"}},
    "prices": {"ETH/BTC": "0.1"},
    "fills": [
        {"pair": "ETH/BTC", "side": "sell", "volume": "5", "cost": "0.5", "fee": "0.0026"},
    ],
}
START = {"BTC": Decimal(1), "ETH": Decimal(10)}


def test_start_and_fills_explain_what_is_there() -> None:
    assert unexplained(START, BOOK) == []
    assert worth(START, BOOK) == Decimal("2.0")


def test_one_satoshi_too_many_is_named() -> None:
    off = {"BTC": Decimal("1.00000001"), "ETH": Decimal(10)}
    (problem,) = unexplained(off, BOOK)
    assert "BTC" in problem
    assert "1.49740001" in problem
