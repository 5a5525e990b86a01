"""A unix socket at a path of any length, for its owner alone."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LONGEST = 100  # sun_path holds 108 bytes on Linux, 104 elsewhere


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """Yield a name for the path that is short enough for the kernel, while the block lasts.

    State directories may lie deep; Linux lets one go through an open directory instead.
    """
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def listen(path: Path) -> socket.socket:
    """Return a listening socket at the path, mode 0600; a stale one is removed.

    Only the process that holds the state directory's lock may call this: what lies at the path
    then belongs to nobody any more.
    """
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # No mask trick: it would hold for every thread. The directory is 0700 in the meantime.
        with reachable(path) as name:
            server.bind(name)
            Path(name).chmod(0o600)
        server.listen()
        server.setblocking(False)
    except BaseException:
        server.close()
        raise
    return server
