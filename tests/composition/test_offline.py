"""What the command line does to a state directory that no bot owns."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from composition.offline import StateDesk
from handlers.http.answers import CandleRequest, Outcome
from storage.candles import CandleRepository, CandleRow
from storage.database import Database
from storage.state_directory import StateDirectory
from tests.composition.configurations import PLAIN, configuration
from trading.clock import SystemClock
from trading.model.candles import CandleInterval


def desk(folder: Path, text: str = PLAIN) -> tuple[StateDesk, StateDirectory]:
    loaded = configuration(folder, text)
    state = StateDirectory(root=loaded.bot.state_dir)
    desk = StateDesk(
        state=state, configuration=loaded, with_secrets=lambda: loaded, clock=SystemClock()
    )
    return desk, state


async def test_a_halt_needs_nothing_but_the_folder(tmp_path: Path) -> None:
    offline, state = desk(tmp_path)
    answer = await offline.halt(by="tester")
    assert answer.outcome is Outcome.FAILED, "no bot has ever run there"
    state.root.mkdir(mode=0o700)
    answer = await offline.halt(by="tester")
    assert answer.outcome is Outcome.DONE
    assert "tester" in state.halt_file.read_text()
    assert not state.database.exists()


async def test_a_halt_works_while_a_silent_bot_holds_the_lock(tmp_path: Path) -> None:
    offline, state = desk(tmp_path)
    with state.lock():
        answer = await offline.halt(by="tester")
        assert answer.outcome is Outcome.DONE
        refused = await offline.resume(by="tester")
        assert refused.outcome is Outcome.REFUSED
    assert state.halt_file.exists()


async def test_resuming_takes_the_halt_away(tmp_path: Path) -> None:
    offline, state = desk(tmp_path)
    first = await offline.resume(by="tester")
    assert (first.outcome, "active" in first.message) == (Outcome.DONE, True)
    await offline.halt(by="tester")
    answer = await offline.resume(by="tester")
    assert answer.outcome is Outcome.DONE
    assert not state.halt_file.exists()


async def test_resuming_does_not_hide_that_trading_is_not_enabled(tmp_path: Path) -> None:
    text = PLAIN.replace("live_confirmed = true", "live_confirmed = true\ntrading_enabled = false")
    offline, _ = desk(tmp_path, text)
    answer = await offline.resume(by="tester")
    assert answer.outcome is Outcome.DONE
    assert "trading_enabled = false" in answer.message


async def test_a_backup_needs_a_database_and_a_free_name(tmp_path: Path) -> None:
    offline, _ = desk(tmp_path)
    target = tmp_path / "copy.db"
    assert (await offline.backup(path=target)).outcome is Outcome.FAILED
    await offline.resume(by="tester")
    assert (await offline.backup(path=target)).outcome is Outcome.DONE
    assert target.stat().st_size > 0
    assert (await offline.backup(path=target)).outcome is Outcome.FAILED


async def test_stored_candles_are_written_to_a_new_file(tmp_path: Path) -> None:
    offline, state = desk(tmp_path)
    target = tmp_path / "btc.csv"
    wanted = CandleRequest(symbol="btc/usd", interval=CandleInterval.HOUR, venue=None, path=target)
    assert (await offline.candles(wanted)).outcome is Outcome.FAILED, "no database"
    await offline.resume(by="tester")
    nothing = await offline.candles(wanted)
    assert (nothing.outcome, "are stored; start the bot" in nothing.message) == (
        Outcome.FAILED,
        True,
    )
    hour = CandleInterval.HOUR.start_of(SystemClock().now())
    amounts = [Decimal(number) for number in (2, 4, 1, 3, 7)]
    async with Database.open(state.database, clock=SystemClock()) as database:
        await CandleRepository(database=database).add(
            [row_of(hour - timedelta(hours=age), *amounts) for age in (2, 5)]
        )
    done = await offline.candles(wanted)
    assert done.outcome is Outcome.DONE
    assert done.details["missing"] == 2
    assert target.read_text().splitlines()[1].endswith(",2,4,1,3,7")
    again = await offline.candles(wanted)
    assert (again.outcome, "exists already" in again.message) == (Outcome.FAILED, True)
    alone = await offline.candles(replace(wanted, symbol="btc"))
    assert "can mean several markets" in alone.message


def row_of(opened_at: datetime, *amounts: Decimal) -> CandleRow:
    names = ("open", "high", "low", "close", "volume")
    return CandleRow(
        venue="kraken",
        symbol="BTC/USD",
        interval="1h",
        opened_at=opened_at,
        **dict(zip(names, amounts, strict=True)),
    )
