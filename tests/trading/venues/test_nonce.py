"""No nonce is ever drawn twice, or out of order: tasks, threads, processes, kills and clocks."""

import asyncio
import contextlib
import resource
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.clock import START, FakeClock
from tests.support.processes import Child, running
from tests.support.waiting import eventually
from trading.errors import StorageUnavailable
from trading.venues.nonce import NonceSource, nonce_path

SECOND = 10**9


def source(path: Path, clock: FakeClock, **options: int) -> NonceSource:
    return NonceSource(path=path, clock=clock, **options)


def test_it_starts_at_the_clock_in_nanoseconds_plus_the_buffer(tmp_path: Path) -> None:
    with source(tmp_path / "key.nonce", FakeClock(), buffer_microseconds=1500) as nonces:
        assert nonces.draw() == int(START.timestamp()) * SECOND + 1_500_000


@given(steps=st.lists(st.sampled_from([-86400.0, -1.0, 0.0, 0.5, 3600.0]), max_size=30))
@settings(max_examples=30, deadline=None)
def test_it_rises_through_clock_steps_and_restarts(
    tmp_path_factory: pytest.TempPathFactory, steps: list[float]
) -> None:
    path, clock, drawn = tmp_path_factory.mktemp("nonce") / "key.nonce", FakeClock(), []
    for step in steps:
        clock.step_wall(step)
        with source(path, clock) as nonces:
            drawn += [nonces.draw(), nonces.draw()]
    assert drawn == sorted(set(drawn))


def test_a_power_cut_that_loses_the_last_writes_repeats_nothing(tmp_path: Path) -> None:
    path, clock = tmp_path / "key.nonce", FakeClock()
    with source(path, clock) as nonces:
        nonces.draw()
        _, reserved, promised = path.read_bytes().split()
        drawn = [nonces.draw() for _ in range(100)]
    path.write_bytes(b"%020d %s %s\n" % (0, reserved, promised))
    clock.step_wall(-3600)
    with source(path, clock) as nonces:
        assert nonces.draw() > max(drawn)


def test_drawing_costs_a_flush_a_second_not_one_each(tmp_path: Path) -> None:
    path, clock = tmp_path / "key.nonce", FakeClock()
    with source(path, clock) as nonces:
        nonces.draw()
        reserved = path.read_bytes().split()[1]
        for _ in range(1000):
            nonces.draw()
        assert path.read_bytes().split()[1] == reserved


async def test_preparing_ahead_leaves_nothing_to_flush(tmp_path: Path) -> None:
    path, clock = tmp_path / "key.nonce", FakeClock()
    with source(path, clock) as nonces:
        prepared = [nonces.is_prepared]
        nonces.prepare()
        prepared.append(nonces.is_prepared)
        reserved = path.read_bytes().split()[1]
        nonces.draw()
        assert path.read_bytes().split()[1] == reserved
        await clock.advance(4.5)
        prepared.append(nonces.is_prepared)
    assert prepared == [False, True, False]


def test_a_flush_under_way_is_a_promise_that_a_power_cut_cannot_break(tmp_path: Path) -> None:
    path, clock = tmp_path / "key.nonce", FakeClock()
    with source(path, clock) as nonces:
        first = nonces.draw()
    promised = first + 3600 * SECOND
    path.write_bytes(b"%020d %020d %020d\n" % (0, 0, promised))
    with source(path, clock) as nonces:
        assert nonces.draw() > promised


def test_a_file_of_two_fields_is_read_as_it_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "key.nonce"
    mark = int(START.timestamp() + 3600) * SECOND
    path.write_bytes(b"%020d %020d\n" % (1, mark))
    with source(path, FakeClock()) as nonces:
        assert nonces.draw() == mark + 1


def test_a_nonce_that_was_used_already_is_noticed_and_made_anew(tmp_path: Path) -> None:
    clock = FakeClock()
    with source(tmp_path / "key.nonce", clock) as nonces:
        first, second = nonces.draw(), nonces.draw()
        assert (second, nonces.regenerated) == (first + 1, 1)


def test_an_emergency_draws_without_the_file_and_everything_after_goes_on_above(
    tmp_path: Path,
) -> None:
    path, clock = tmp_path / "key.nonce", FakeClock()
    with source(path, clock) as ours, source(path, clock) as theirs:
        last = theirs.draw()
        unwritten = [ours.draw_unwritten(), ours.draw_unwritten()]
        assert unwritten == sorted(set(unwritten))
        assert unwritten[0] > last + SECOND, "above whatever another process has come to"
        assert ours.draw() > unwritten[-1]
        assert theirs.draw() > unwritten[-1], "once it is written, the others know of it too"


def test_on_a_full_disk_it_opens_and_emergencies_still_rise(tmp_path: Path) -> None:
    path, clock = tmp_path / "key.nonce", FakeClock()
    with source(path, clock) as before:
        last = before.draw()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with source(path, clock) as nonces:
            with pytest.raises(StorageUnavailable):
                nonces.draw()
            assert nonces.draw_unwritten() > last
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_skipping_ahead_is_remembered(tmp_path: Path) -> None:
    path, clock = tmp_path / "key.nonce", FakeClock()
    with source(path, clock) as nonces:
        first = nonces.draw()
        assert nonces.skip(60) >= first + 60 * SECOND
    with source(path, clock) as nonces:
        assert nonces.draw() > first + 60 * SECOND


@pytest.mark.parametrize("text", [b"", b"nonsense", b"1 2\n", b"\x00" * 42])
def test_a_file_that_cannot_be_read_starts_from_the_clock(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "key.nonce"
    path.write_bytes(text)
    with source(path, FakeClock()) as nonces:
        assert nonces.draw() >= int(START.timestamp()) * SECOND


def test_the_last_nonce_there_is_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "key.nonce"
    path.write_bytes(b"%020d %020d\n" % (2**64 - 2, 2**64 - 2))
    with source(path, FakeClock()) as nonces:
        assert nonces.draw() == 2**64 - 1
        with pytest.raises(StorageUnavailable, match="new API key"):
            nonces.draw()


def test_a_directory_that_is_none_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageUnavailable, match="nothing was sent"):
        source(tmp_path / "file" / "key.nonce", FakeClock()).__enter__()


def test_a_closed_source_draws_nothing(tmp_path: Path) -> None:
    nonces = source(tmp_path / "key.nonce", FakeClock())
    with nonces:
        nonces.draw()
    with pytest.raises(StorageUnavailable, match="closed"):
        nonces.draw()


def test_the_file_is_private_and_does_not_name_the_key(tmp_path: Path) -> None:
    path = nonce_path(tmp_path / "state" / "nonce", "my-api-key")
    with source(path, FakeClock()):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert path.parent.parent.stat().st_mode & 0o777 == 0o700
    assert "my-api-key" not in str(path)
    assert path != nonce_path(tmp_path / "nonce", "another-key")


def test_threads_and_sources_on_one_file_never_draw_the_same(tmp_path: Path) -> None:
    path, clock, drawn = tmp_path / "key.nonce", FakeClock(), []
    with source(path, clock) as first, source(path, clock) as second:

        def draw(nonces: NonceSource) -> None:
            mine = [nonces.draw() for _ in range(500)]
            assert mine == sorted(mine)
            drawn.extend(mine)

        threads = [threading.Thread(target=draw, args=(nonces,)) for nonces in (first, second) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(drawn) == len(set(drawn)) == 4000


class Judge:
    """Judges nonces as a venue does: in the order in which they arrive."""

    def __init__(self) -> None:
        self.highest = 0
        self.accepted = 0
        self.refused = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                nonce = int(line)
                good = nonce > self.highest
                self.accepted += good
                self.refused += not good
                self.highest = max(self.highest, nonce)
                writer.write(b"ok\n")
        writer.close()


async def test_eight_processes_with_stepping_clocks_and_a_kill_are_never_refused(
    tmp_path: Path,
) -> None:
    judge = Judge()
    server = await asyncio.start_server(judge.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    draws = 400

    def worker(seed: int) -> contextlib.AbstractAsyncContextManager[Child]:
        return running(
            "-m", "tests.trading.venues.nonce_worker",
            str(tmp_path / "key.nonce"), str(port), str(draws), str(seed), ready=None,
        )  # fmt: skip

    async with server, contextlib.AsyncExitStack() as stack:
        children = [await stack.enter_async_context(worker(seed)) for seed in range(8)]
        await eventually(lambda: judge.accepted > draws)
        await children[0].kill()
        children[0] = await stack.enter_async_context(worker(99))
        codes = [await child.wait() for child in children]
    assert codes == [0] * 8, [child.said() for child in children]
    assert judge.refused == 0
    assert judge.accepted >= 8 * draws
