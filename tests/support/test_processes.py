"""Children are started, read, killed and never left behind."""

import os
import signal
from pathlib import Path

import pytest

from tests.support.processes import run, running, wait_for_exit

SERVER = """
import json, signal, sys, threading
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
print("starting", flush=True)
print(json.dumps({"port": 7}), flush=True)
stop.wait()
print("bye", flush=True)
sys.exit(3)
"""


def script(folder: Path, text: str) -> Path:
    path = folder / "child.py"
    path.write_text(text)
    return path


async def test_a_server_is_ready_when_it_says_so_and_ends_when_asked(tmp_path: Path) -> None:
    async with running(script(tmp_path, SERVER)) as child:
        assert child.lines == ["starting", '{"port": 7}']
        assert child.ready() == {"port": 7}
        assert await child.terminate() == 3
    assert child.lines[-1] == "bye"


async def test_a_killed_child_says_what_killed_it(tmp_path: Path) -> None:
    async with running(script(tmp_path, SERVER)) as child:
        assert await child.kill() == -signal.SIGKILL


async def test_leaving_the_block_leaves_no_process(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="the test failed"):
        async with running(script(tmp_path, SERVER)) as child:
            raise RuntimeError("the test failed")
    wait_for_exit(child.pid)
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


async def test_a_child_that_dies_before_it_is_ready_is_reported(tmp_path: Path) -> None:
    path = script(tmp_path, "import sys; print('no port', file=sys.stderr); sys.exit(4)")
    with pytest.raises(AssertionError, match=r"(?s)ended with 4.*no port"):
        async with running(path):
            pytest.fail("it never was ready")


async def test_a_command_is_run_to_its_end(tmp_path: Path) -> None:
    child = await run(script(tmp_path, "print('one'); print('two')"))
    assert (child.returncode, child.lines) == (0, ["one", "two"])
