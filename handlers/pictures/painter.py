"""Has pictures drawn by a process of their own, so that this one never loads what draws them."""

from __future__ import annotations

import asyncio
import logging
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from pathlib import Path

from handlers.pictures.market import describe_candles
from handlers.pictures.profits import describe_profits
from handlers.pictures.rebalancing import describe_rebalance
from handlers.pictures.specs import Chart, Style, encode
from trading.errors import PictureNotDrawn
from trading.intents.chart import ChartView
from trading.intents.pnl import PnlView
from trading.intents.rebalance_model import Proposal

_log = logging.getLogger(__name__)

MODULE = "handlers.pictures.draw"
_ROOT = Path(__file__).parents[2]
_PNG = b"\x89PNG\r\n\x1a\n"


class ChildPainter:
    """Satisfies `trading.intents.rebalance_model.Painter`; one child at a time.

    Whatever goes wrong is a `PictureNotDrawn` within the timeout, waiting for one's turn
    included; no child outlives the call that started it.
    """

    def __init__(
        self,
        *,
        directory: Path,
        python: str,
        timeout_seconds: float = 10.0,
        zone: tzinfo = UTC,
        style: Style | None = None,
        environment: Mapping[str, str] | None = None,
        module: str = MODULE,
    ) -> None:
        """`directory` is where the child lives; times are shown in the owner's `zone`.

        The child sees no more of the environment than it is given: there are secrets in it.
        """
        self._directory = directory
        self._python = python
        self._timeout_seconds = timeout_seconds
        self._zone = zone
        self._style = style or Style()
        self._environment = {**(environment or {}), "PYTHONPATH": str(_ROOT)}
        self._module = module
        self._turn = asyncio.Lock()

    async def rebalance(self, proposal: Proposal) -> bytes:
        """Return a PNG of the portfolio before and after."""
        return await self._draw(describe_rebalance(proposal, zone=self._zone))

    async def pnl(self, views: Sequence[PnlView]) -> bytes:
        """Return a PNG of profit and loss, a panel each venue."""
        return await self._draw(describe_profits(views, zone=self._zone))

    async def candles(self, view: ChartView) -> bytes:
        """Return a PNG of candles with our fills marked."""
        return await self._draw(describe_candles(view, zone=self._zone))

    async def _draw(self, chart: Chart) -> bytes:
        wish = encode(chart, self._style)
        try:
            async with asyncio.timeout(self._timeout_seconds), self._turn:
                return await self._ask_child(wish)
        except TimeoutError as error:
            raise PictureNotDrawn(
                f"the picture was not drawn within {self._timeout_seconds:g} s; its process was "
                "ended. The figures are the same in words"
            ) from error
        except OSError as error:
            raise PictureNotDrawn(
                f"the process that draws pictures cannot be started ({error}); nothing was "
                "drawn. The figures are the same in words"
            ) from error

    async def _ask_child(self, wish: bytes) -> bytes:
        child = await asyncio.create_subprocess_exec(
            self._python,
            "-P",  # nothing is imported from the directory it lives in
            "-m",
            self._module,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            cwd=self._directory,
            env=self._environment,
        )
        try:
            picture, complaint = await child.communicate(wish)
        finally:
            await _end(child)
        if child.returncode != 0 or not picture.startswith(_PNG):
            words = complaint.decode(errors="replace").strip()
            _log.warning("picture not drawn code=%s complaint=%s", child.returncode, words)
            last = words.splitlines()[-1] if words else "it said nothing"
            raise PictureNotDrawn(
                f"the process that draws pictures failed ({last}); nothing was drawn. The figures "
                "are the same in words"
            )
        return picture


async def _end(child: Process) -> None:
    """Leave no process behind, not even when cancelled; a killed child is gone at once."""
    if child.returncode is None:
        child.kill()
        await child.wait()
