"""Every check gets a line and a bounded time, and the exit code says what it came to."""

import asyncio
import io
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from handlers.process.check_report import (
    judge_state_directory,
    run_checks,
    state_directory_check,
)
from handlers.process.exit_codes import ExitCode
from trading.errors import VenueFatal
from trading.intents.checks import Check, Finding, Verdict


def finding(verdict: Verdict, text: str) -> Callable[[], Awaitable[Finding]]:
    async def probe() -> Finding:
        return Finding(verdict=verdict, text=text)

    return probe


async def raising() -> Finding:
    raise VenueFatal("kraken", "EAPI:Invalid key")


async def broken() -> Finding:
    raise ZeroDivisionError("a defect")


async def hanging() -> Finding:
    await asyncio.Event().wait()
    raise AssertionError("never reached")


async def test_each_check_is_a_line_in_the_given_order() -> None:
    out = io.StringIO()
    checks = [
        Check(name="reach", probe=finding(Verdict.OK, "online")),
        Check(name="clock", probe=finding(Verdict.WARNING, "2 s off")),
        Check(name="key", probe=raising),
        Check(name="defect", probe=broken),
        Check(name="silence", probe=hanging),
        Check(name="last", probe=finding(Verdict.OK, "done")),
    ]
    code = await run_checks(checks, out=out, is_json=False, timeout_seconds=0.05)
    assert code is ExitCode.FAILED
    assert out.getvalue().splitlines() == [
        "ok       reach: online",
        "warning  clock: 2 s off",
        "PROBLEM  key: kraken: EAPI:Invalid key",
        "PROBLEM  defect: ZeroDivisionError: a defect",
        "PROBLEM  silence: no answer within 0.05 s",
        "ok       last: done",
    ]


async def test_one_trouble_of_one_venue_is_told_once_with_everything_it_spoils() -> None:
    out = io.StringIO()
    down, fine = finding(Verdict.PROBLEM, "out of reach"), finding(Verdict.OK, "fine")
    checks = [
        Check(name="kraken reach", probe=down),
        Check(name="kraken clock", probe=fine),
        Check(name="kraken targets", probe=down),
        Check(name="kraken key", probe=finding(Verdict.PROBLEM, "may withdraw")),
        Check(name="other reach", probe=down),
        Check(name="kraken balances", probe=down),
        Check(name="other clock", probe=fine),
    ]
    await run_checks(checks, out=out, is_json=False)
    assert out.getvalue().splitlines() == [
        "PROBLEM  kraken reach, targets, balances: out of reach",
        "ok       kraken clock: fine",
        "PROBLEM  kraken key: may withdraw",
        "PROBLEM  other reach: out of reach",
        "ok       other clock: fine",
    ]


async def test_warnings_alone_are_no_failure() -> None:
    out = io.StringIO()
    checks = [Check(name="clock", probe=finding(Verdict.WARNING, "2 s off"))]
    assert await run_checks(checks, out=out, is_json=True) is ExitCode.DONE
    assert json.loads(out.getvalue()) == {
        "outcome": "done",
        "checks": [{"name": "clock", "verdict": "warning", "text": "2 s off"}],
    }


def test_a_state_directory_that_will_be_made_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state"
    assert judge_state_directory(path) == Finding(verdict=Verdict.OK, text=f"{path} will be made")
    assert not path.parent.exists()


@pytest.mark.parametrize(("mode", "verdict"), [(0o700, Verdict.OK), (0o755, Verdict.PROBLEM)])
async def test_others_may_not_look_into_the_state(
    tmp_path: Path, mode: int, verdict: Verdict
) -> None:
    path = tmp_path / "state"
    path.mkdir()
    path.chmod(mode)
    found = await state_directory_check(path).probe()
    assert found.verdict is verdict


def test_a_file_in_the_way_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    found = judge_state_directory(tmp_path / "state" / "inner")
    assert (found.verdict, found.text) == (
        Verdict.PROBLEM,
        f"{tmp_path / 'state'} is not a folder",
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_a_problem(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    found = judge_state_directory(tmp_path / "state")
    tmp_path.chmod(0o700)
    assert found.verdict is Verdict.PROBLEM
