"""What the command line does to a state directory that no bot owns."""

from pathlib import Path

from composition.offline import StateDesk
from handlers.http.answers import Outcome
from storage.state_directory import StateDirectory
from tests.composition.configurations import PLAIN, configuration
from trading.clock import SystemClock


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
