"""Runs checks and tells what they found, in the order of their names' giving, and each once."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from handlers.process.exit_codes import ExitCode
from trading.errors import SteelyardError
from trading.intents.checks import Check, Finding, Verdict

_log = logging.getLogger(__name__)

_MARKS = {Verdict.OK: "ok     ", Verdict.WARNING: "warning", Verdict.PROBLEM: "PROBLEM"}
_LEAST_FREE_BYTES = 200 * 1024 * 1024


async def run_checks(
    checks: Sequence[Check], *, out: TextIO, is_json: bool, timeout_seconds: float = 20.0
) -> ExitCode:
    """Try everything at once, each for so long, and write every finding in the given order."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_find(check, timeout_seconds)) for check in checks]
    findings = [(check.name, task.result()) for check, task in zip(checks, tasks, strict=True)]
    if not is_json:
        for line in finding_lines(findings):
            print(line, file=out)
    has_problem = any(finding.verdict is Verdict.PROBLEM for _, finding in findings)
    if is_json:
        body = {
            "outcome": "failed" if has_problem else "done",
            "checks": [
                {"name": name, "verdict": finding.verdict.value, "text": finding.text}
                for name, finding in findings
            ],
        }
        print(json.dumps(body, indent=2, ensure_ascii=False), file=out)
    return ExitCode.FAILED if has_problem else ExitCode.DONE


def finding_lines(findings: Sequence[tuple[str, Finding]]) -> Iterator[str]:
    """Yield a line for each finding; one trouble of one venue is told once, with all its checks.

    A check's name is the venue's, a space, and what was tried.
    """
    told: dict[tuple[str, Finding], list[str]] = {}
    for name, finding in findings:
        whose, _, what = name.rpartition(" ")
        key = (whose if finding.verdict is Verdict.PROBLEM else name, finding)
        if key in told:
            told[key].append(what)
        else:
            told[key] = [name]
    for (_, finding), names in told.items():
        yield f"{_MARKS[finding.verdict]}  {', '.join(names)}: {finding.text}"


def state_directory_check(path: Path) -> Check:
    """Return the check that the bot can keep its state there."""

    async def probe() -> Finding:
        return await asyncio.to_thread(judge_state_directory, path)

    return Check(name="state directory", probe=probe)


def judge_state_directory(path: Path) -> Finding:
    """Look at the folder, or at the one in which it would be made; changes nothing."""
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    if not existing.is_dir():
        return Finding(verdict=Verdict.PROBLEM, text=f"{existing} is not a folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        return Finding(verdict=Verdict.PROBLEM, text=f"{existing} cannot be written to")
    free = shutil.disk_usage(existing).free
    if free < _LEAST_FREE_BYTES:
        text = f"only {free // 1024**2} MiB are free at {existing}"
        return Finding(verdict=Verdict.PROBLEM, text=text)
    if existing != path:
        return Finding(verdict=Verdict.OK, text=f"{path} will be made")
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        text = f"others may look into {path} (mode {mode:04o}); run: chmod 700 {path}"
        return Finding(verdict=Verdict.PROBLEM, text=text)
    return Finding(verdict=Verdict.OK, text=str(path))


async def _find(check: Check, timeout_seconds: float) -> Finding:
    try:
        async with asyncio.timeout(timeout_seconds):
            return await check.probe()
    except TimeoutError:
        return Finding(verdict=Verdict.PROBLEM, text=f"no answer within {timeout_seconds:g} s")
    except SteelyardError as error:
        return Finding(verdict=Verdict.PROBLEM, text=str(error))
    except Exception as error:  # noqa: BLE001 - a border: one check's fault is its finding
        _log.exception("check failed name=%s", check.name)
        return Finding(verdict=Verdict.PROBLEM, text=f"{type(error).__name__}: {error}")
