"""Nonces of one API key: strictly increasing across tasks, threads, processes and restarts.

Nanoseconds since 1970, because a key that ever saw a finer scale refuses a coarser one for ever.
The high-water mark lives in a file next to the database, under a file lock:

    <last drawn> <reserved up to> <promised up to>

`last` is written for every draw and survives the death of the process. `reserved` is flushed to
the disk before any nonce below it is used and survives the death of the machine; `promised` is
what is being flushed at the moment, by whomever. Whoever opens the file goes on above all three,
so neither a restart nor a clock that stepped back repeats a nonce.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from trading.clock import Clock
from trading.errors import StorageUnavailable

_log = logging.getLogger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000
_RESERVE = 5 * _SECOND
"""How far ahead is flushed at once: some seconds of nonces for one flush."""
_MARGIN = _SECOND
"""So much of it must be left, or it is time for the next flush."""
_HIGHEST = 2**64 - 1
_RECORD = re.compile(rb"(\d{20}) (\d{20})(?: (\d{20}))?\n")
_RECORD_LENGTH = 63


def nonce_path(directory: Path, key: str) -> Path:
    """Return the file of a key, named so that it does not give the key away."""
    return directory / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.nonce"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    last: int = 0
    reserved: int = 0
    promised: int = 0

    @property
    def top(self) -> int:
        return max(self.last, self.reserved, self.promised)


class NonceSource:
    """Draws nonces of one key; two sources on one file never draw the same, nor out of order."""

    def __init__(self, *, path: Path, clock: Clock, buffer_microseconds: int = 1500) -> None:
        """Open nothing yet; `buffer_microseconds` is how far ahead of the clock one draws."""
        self._path = path
        self._clock = clock
        self._buffer = buffer_microseconds * 1000
        self._threads = threading.Lock()
        self._descriptor: int | None = None
        self._last = 0
        self._reserved = 0
        self._regenerated = 0

    def __enter__(self) -> Self:
        """Open the file and move past whatever an earlier life may have used."""
        try:
            # mkdir gives its mode to the last folder alone, and the one above is the state's.
            self._path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with self._locked() as descriptor:
                self._last = top = max(self._last, self._read(descriptor).top)
                self._begin(descriptor, _Mark(last=top, reserved=top, promised=top))
        except OSError as error:
            raise self._unavailable(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file; what was drawn stays written."""
        with self._threads:
            descriptor, self._descriptor = self._descriptor, None
            if descriptor is not None:
                os.close(descriptor)

    def draw(self) -> int:
        """Return a nonce above every nonce ever drawn for this key, by whomever."""
        return self._advance(0)

    def skip(self, seconds: float) -> int:
        """Draw one that lies at least so far ahead: the venue has seen higher ones than ours."""
        return self._advance(int(seconds * _SECOND))

    def draw_unwritten(self) -> int:
        """Draw from memory alone, for an emergency while the file cannot be used.

        So far ahead that no other process has come there by its clock; the next draw that is
        written goes on above it.
        """
        self._last = max(self._last, self._now() + _RESERVE) + 1
        _log.warning("nonce drawn without its file path=%s", self._path)
        return self._last

    def prepare(self) -> None:
        """Flush a reservation ahead of need; may wait for the disk, so call it in a thread.

        Nothing is locked while the disk works: who draws below an older reservation goes on.
        """
        try:
            with self._locked() as descriptor:
                mark = self._read(descriptor)
                start = max(mark.last, self._last, self._now())
                if start + _MARGIN <= mark.reserved:
                    self._reserved = mark.reserved
                    return
                promised = min(_HIGHEST, max(mark.promised, start + _RESERVE))
                self._write(descriptor, replace(mark, promised=promised))
            os.fsync(descriptor)
            with self._locked() as descriptor:
                mark = self._read(descriptor)
                mark = replace(mark, reserved=max(mark.reserved, promised))
                self._write(descriptor, mark)
                self._reserved = mark.reserved
        except OSError as error:
            raise self._unavailable(error) from error

    @property
    def is_prepared(self) -> bool:
        """True while the next draws need no flush."""
        return max(self._last, self._now()) + _MARGIN <= self._reserved

    @property
    def regenerated(self) -> int:
        """How often the clock's own nonce was used already, and the next free one was drawn."""
        return self._regenerated

    def _advance(self, skip: int) -> int:
        try:
            with self._locked() as descriptor:
                mark = self._read(descriptor)
                now, next_free = self._now(), max(mark.last, self._last) + 1
                self._regenerated += now < next_free
                nonce = max(next_free, now) + skip
                if nonce > _HIGHEST:
                    raise StorageUnavailable(f"{self._path} is used up; a new API key is needed")
                if nonce > mark.reserved:
                    mark = self._flush(descriptor, mark, nonce)
                self._write(descriptor, replace(mark, last=nonce))
                self._last, self._reserved = nonce, mark.reserved
                return nonce
        except OSError as error:
            raise self._unavailable(error) from error

    def _now(self) -> int:
        since = self._clock.now() - _EPOCH
        return since // timedelta(microseconds=1) * 1000 + self._buffer

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Hold the mark for a read and a write: microseconds, so it may be waited for."""
        with self._threads:
            if self._descriptor is None:
                raise StorageUnavailable(f"{self._path} is closed; nothing was sent")
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            try:
                yield self._descriptor
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _read(self, descriptor: int) -> _Mark:
        record = os.pread(descriptor, _RECORD_LENGTH, 0)
        if found := _RECORD.fullmatch(record):
            return _Mark(
                last=int(found[1]), reserved=int(found[2]), promised=int(found[3] or found[2])
            )
        if record:
            _log.warning("nonce file unreadable, starting from the clock path=%s", self._path)
        return _Mark()

    def _begin(self, descriptor: int, mark: _Mark) -> None:
        """Write the first mark; on a full disk an emergency can be sent all the same."""
        try:
            self._write(descriptor, mark)
        except OSError as error:
            _log.warning("nonce file not written path=%s error=%s", self._path, error)

    def _write(self, descriptor: int, mark: _Mark) -> None:
        os.pwrite(
            descriptor, b"%020d %020d %020d\n" % (mark.last, mark.reserved, mark.promised), 0
        )

    def _flush(self, descriptor: int, mark: _Mark, start: int) -> _Mark:
        """Reserve under the lock: only where nobody prepared, or another process skipped far."""
        promised = min(_HIGHEST, max(mark.promised, start + _RESERVE))
        self._write(descriptor, replace(mark, promised=promised))
        os.fsync(descriptor)
        return replace(mark, reserved=promised, promised=promised)

    def _unavailable(self, error: OSError) -> StorageUnavailable:
        reason = error.strerror or str(error)
        return StorageUnavailable(
            f"the nonce file {self._path} cannot be used ({reason}); nothing was sent. "
            "Check the disk and the owner of the state directory."
        )
