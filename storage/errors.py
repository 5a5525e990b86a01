"""Faults of the store, and the root of every fault: the lowest layer needs both.

The whole tree is drawn in trading/errors.py, which is where everybody else takes them from.
"""

from __future__ import annotations


class SteelyardError(Exception):
    """Root of every fault that Steelyard raises; `str(error)` is fit for the owner's eyes."""


class StorageError(SteelyardError):
    """The database or the state directory failed."""


class StateDirectoryLocked(StorageError):
    """Another process owns the state directory."""


class StorageUnavailable(StorageError):
    """The store did not take a write or answer a read in time; nothing was half-written."""


class StoredValueInvalid(StorageError):
    """A value that cannot be stored exactly, or one that is not what was once written."""
