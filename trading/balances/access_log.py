"""Who read which balance, by which path, and what they got: one cheap record an access."""

from __future__ import annotations

import logging
import sys
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import FrameType

from trading.clock import Clock
from trading.model.balance import BalanceSource
from trading.model.identifiers import Asset, VenueName

_log = logging.getLogger(__name__)

_OWN_FOLDER = str(Path(__file__).parent)
_ASYNCIO_FOLDER = str(Path(sys.modules["asyncio"].__file__ or "asyncio").parent)


class AccessPath(StrEnum):
    """How the balance was asked for."""

    ASYNC = "ASYNC"
    SYNC = "SYNC"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint:
    """The door and the place in the code from which a balance was asked for."""

    path: AccessPath
    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One access. `asset` is None for a whole account; `value` is None where none was given."""

    at: datetime
    point: AccessPoint
    venue: VenueName | None
    asset: Asset | None
    value: Decimal | None
    source: BalanceSource | None
    """None when nothing is known."""
    error: str | None
    """The class of the refusal; None when the access was answered."""


def access_point(path: AccessPath) -> AccessPoint:
    """Return the nearest caller outside this package; costs a few frame look-ups, no stack."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - inspect.stack() reads files
    while frame is not None and frame.f_code.co_filename.startswith(_OWN_FOLDER):
        frame = frame.f_back
    if frame is None or frame.f_code.co_filename.startswith(_ASYNCIO_FOLDER):
        return AccessPoint(path=path, file="(task)", line=0, function="(started by itself)")
    code = frame.f_code
    return AccessPoint(
        path=path,
        file=code.co_filename.rpartition("/")[2],
        line=frame.f_lineno,
        function=code.co_name,
    )


class AccessLog:
    """The last accesses, kept in memory for the owner; each is a DEBUG line as well."""

    def __init__(self, *, clock: Clock, size: int = 1000) -> None:
        """Keep the last `size` accesses."""
        self._clock = clock
        self._accesses: deque[Access] = deque(maxlen=size)

    def record(  # every field of one record
        self,
        point: AccessPoint,
        *,
        venue: VenueName | None,
        asset: Asset | None = None,
        value: Decimal | None = None,
        source: BalanceSource | None = None,
        error: str | None = None,
    ) -> None:
        """Keep one access."""
        self._accesses.append(
            Access(
                at=self._clock.now(),
                point=point,
                venue=venue,
                asset=asset,
                value=value,
                source=source,
                error=error,
            )
        )
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug(
                "[BALANCE_ACCESS] path=%s venue=%s asset=%s value=%s source=%s error=%s "
                "from=%s:%d function=%s",
                point.path.value,
                venue or "all",
                asset or "all",
                "unknown" if value is None else value,
                source.value if source else "unknown",
                error or "none",
                point.file,
                point.line,
                point.function,
            )

    def last(self, limit: int) -> tuple[Access, ...]:
        """Return up to `limit` accesses, the newest first."""
        return tuple(
            access for access, _ in zip(reversed(self._accesses), range(limit), strict=False)
        )
