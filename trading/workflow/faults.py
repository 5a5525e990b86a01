"""What went wrong, out of however many groups it is in."""

from __future__ import annotations


def innermost(error: BaseException) -> BaseException:
    """Return the first fault itself."""
    fault = error
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault
