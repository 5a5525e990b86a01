"""What the process says when it ends."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The same for every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    """Wrong words on the command line, or a configuration that cannot be used."""
    REFUSED = 3
    """Understood, and not done: halted, not confirmed, not live."""


MEANINGS = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "failed; the message says what happened",
    ExitCode.USAGE: "wrong usage or configuration; nothing was started",
    ExitCode.REFUSED: "refused: halted, not confirmed or not live; nothing was done",
}
