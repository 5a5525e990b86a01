"""A bot that is asked to stop while it still starts ends as it should, whenever that is."""

import signal
from pathlib import Path

import pytest

from tests.support.processes import UNMEASURED, Child, running
from tests.support.running_bot import write_config
from tests.support.waiting import eventually

CONFIG = """
[bot]
mode = "live"
live_confirmed = true
[venues.kraken]
kind = "kraken"
key = "a-key"
secret = "c2VjcmV0"
rest_url = "http://127.0.0.1:9"
"""


def hears(child: Child, number: signal.Signals) -> bool:
    """Tell from the kernel whether the process has a handler for the signal."""
    for line in Path(f"/proc/{child.pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "SigCgt":
            return bool(int(value, 16) >> (number - 1) & 1)
    return False


def has_loaded(child: Child, library: str) -> bool:
    return library in Path(f"/proc/{child.pid}/maps").read_text()


@pytest.mark.parametrize(
    ("library", "number"),
    [
        (None, signal.SIGTERM),
        (None, signal.SIGINT),
        ("pydantic_core", signal.SIGTERM),
        ("_sqlite3", signal.SIGTERM),
        ("the state directory", signal.SIGTERM),
    ],
)
async def test_asked_to_stop_at_any_moment_of_the_start_it_ends_with_success(
    tmp_path: Path, library: str | None, number: signal.Signals
) -> None:
    config = tmp_path / "config.toml"
    write_config(config, CONFIG)

    def is_so_far(child: Child) -> bool:
        if library is None:
            return hears(child, signal.SIGTERM)
        if library == "the state directory":
            return (tmp_path / "state" / "steelyard.db").exists()
        return has_loaded(child, library)

    # Measured, it would load all of this before its own first line.
    async with running(
        "bot.py", "run", "--config", config, ready=None, environment=UNMEASURED
    ) as child:
        await eventually(lambda: is_so_far(child), every=0.002)
        child.signal(number)
        assert await child.wait() == 0, child.said()
    assert "Traceback" not in child.said()
