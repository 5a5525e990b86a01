"""Lengths of time, schedules, quiet hours and secrets are read as a person means them."""

from datetime import time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trading.config.texts import WHOLE, read
from trading.config.durations import format_duration, parse_duration
from trading.config.schedule import Cron, Every, Schedule, parse_schedule
from trading.config.secret import Secret, SecretSources, resolve
from trading.config.values import QuietHours


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60), ("5m", 300), ("1h30m", 5400), ("2d", 172800), ("250ms", 0.25), ("1.5h", 5400)],
)
def test_a_length_of_time_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "written", ["60", 60, "", "5 m", "-5m", "m", "5minutes", True, "9" * 20 + "w"]
)
def test_anything_else_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r"length of time|longer than any"):
        parse_duration(written)


@given(st.integers(0, 10**12).map(lambda count: timedelta(milliseconds=count)))
def test_a_length_of_time_is_written_as_it_is_read(length: timedelta) -> None:
    assert parse_duration(format_duration(length)) == length


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("off", None),
        ("30s", Every(interval=timedelta(seconds=30))),
        ("6h", Every(interval=timedelta(hours=6))),
        ("30 8 * * mon-fri", Cron(line="30 8 * * mon-fri")),
        (" */15  0-6,20 1 JAN,jul * ", Cron(line="*/15 0-6,20 1 jan,jul *")),
    ],
)
def test_a_schedule_is_read(text: str, schedule: Schedule | None) -> None:
    assert parse_schedule(text) == schedule


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("daily", "must be"),
        ("0.5s", "more often than every second"),
        ("0 8 * *", "this has 4 fields"),
        ("60 * * * *", "the minute is a number from 0 to 59"),
        ("0 24 * * *", "the hour is a number from 0 to 23"),
        ("0 8 0 * *", "the day of the month is a number from 1 to 31"),
        ("0 8 * 13 *", "the month is a number from 1 to 12"),
        ("0 8 * * 1", "written by name"),
        ("0 8 * * fri-mon", "runs from low to high"),
        ("*/0 * * * *", "steps by a whole number"),
        ("1,,2 * * * *", "the minute is a number"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_schedule(text)


@pytest.mark.parametrize(
    ("moment", "is_quiet"),
    [(time(22), True), (time(23, 59), True), (time(3), True), (time(7), False), (time(12), False)],
)
def test_quiet_hours_run_over_midnight(moment: time, is_quiet: bool) -> None:
    hours = QuietHours(start=time(22), end=time(7))
    assert hours.contains(moment) is is_quiet


def test_quiet_hours_of_one_day() -> None:
    hours = QuietHours(start=time(9), end=time(17))
    assert [hours.contains(time(hour)) for hour in (8, 9, 16, 17)] == [False, True, True, False]


@pytest.fixture
def sources(tmp_path: Path) -> SecretSources:
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "token").write_text("from systemd\n")
    private = tmp_path / "private"
    private.write_text(" from a file \n")
    private.chmod(0o600)
    (tmp_path / "public").write_text("seen by all")
    (tmp_path / "public").chmod(0o644)
    (tmp_path / "empty").touch(0o600)
    environment = {
        "TOKEN": "from the environment",
        "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials"),
    }
    return SecretSources(environment=environment, folder=tmp_path, exposed=None)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("in the file", "in the file"),
        ({"env": "TOKEN"}, "from the environment"),
        ({"file": "private"}, "from a file"),
        ({"credential": "token"}, "from systemd"),
    ],
    ids=["text", "env", "file", "credential"],
)
def test_a_secret_comes_from_four_places(
    sources: SecretSources, written: object, value: str
) -> None:
    assert resolve(written, sources).reveal() == value


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({"env": "NOPE"}, "the environment variable NOPE is not set"),
        ({"file": "absent"}, "cannot be read: No such file"),
        ({"file": "public"}, "others may read"),
        ({"file": "empty"}, "is empty"),
        ({"credential": "absent"}, "cannot be read"),
        ({"credential": "../private"}, "is a plain name, not a path"),
        ({"vault": "x"}, "'vault' is no place for a secret"),
        ({"env": "TOKEN", "file": "private"}, "write it as text"),
        ({"env": 3}, "write it as text"),
        (12345, "write it as text"),
        (" ", "it is empty"),
    ],
)
def test_a_secret_that_cannot_be_had_says_why(
    sources: SecretSources, written: object, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        resolve(written, sources)


def test_a_credential_needs_systemd(tmp_path: Path) -> None:
    nowhere = SecretSources(environment={}, folder=tmp_path, exposed=None)
    with pytest.raises(ValueError, match="LoadCredential="):
        resolve({"credential": "token"}, nowhere)


def test_a_secret_never_shows_itself() -> None:
    secret = Secret("hunter2")
    configuration = read(WHOLE)
    shown = f"{secret} {secret!r} {[secret]} {configuration!r} {configuration.model_dump()}"
    assert [each for each in ("hunter2", "123:demo", "the key", "c2VjcmV0") if each in shown] == []


def test_secrets_are_compared_by_value() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1
