"""A real process is stopped and reloaded by real signals."""

import signal
from pathlib import Path

from tests.support.processes import running
from tests.support.waiting import eventually

PROGRAM = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from handlers.process.signals import ProcessSignals

async def main():
    signals = ProcessSignals()
    with signals.listening():
        print("{}", flush=True)
        reloads = 0
        while not signals.stop.is_set():
            async with asyncio.TaskGroup() as group:
                waits = [group.create_task(each.wait()) for each in (signals.stop, signals.reload)]
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                for each in waits:
                    each.cancel()
            if signals.reload.is_set():
                signals.reload.clear()
                reloads += 1
                print("reload", reloads, flush=True)
        print("stop", signals.reason, flush=True)
        if sys.argv[2:] == ["hang"]:
            await asyncio.Event().wait()

asyncio.run(main())
"""


def program(folder: Path) -> Path:
    path = folder / "program.py"
    path.write_text(PROGRAM)
    return path


async def test_hangup_reloads_and_term_stops(tmp_path: Path) -> None:
    async with running(program(tmp_path), Path.cwd()) as child:
        child.signal(signal.SIGHUP)
        await eventually(lambda: "reload 1" in child.lines)
        child.signal(signal.SIGHUP)
        await eventually(lambda: "reload 2" in child.lines)
        child.signal(signal.SIGTERM)
        assert await child.wait() == 0
    assert child.lines[-1] == "stop SIGTERM"


async def test_interrupt_stops_too(tmp_path: Path) -> None:
    async with running(program(tmp_path), Path.cwd()) as child:
        child.signal(signal.SIGINT)
        assert await child.wait() == 0
    assert child.lines[-1] == "stop SIGINT"


async def test_who_insists_ends_a_process_that_does_not_stop(tmp_path: Path) -> None:
    async with running(program(tmp_path), Path.cwd(), "hang") as child:
        child.signal(signal.SIGTERM)
        await eventually(lambda: "stop SIGTERM" in child.lines)
        child.signal(signal.SIGTERM)
        await eventually(lambda: any("once more ends at once" in line for line in child.errors))
        child.signal(signal.SIGTERM)
        assert await child.wait() == -signal.SIGTERM
