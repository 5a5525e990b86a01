"""Holds the bot imported and forks it on demand: a start costs no imports, all else is real.

Its argument is the socket to listen on; each connection sends one request as JSON: the words of
the command line, the file for what is said, and the file for the exit code.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import bot

_NEEDED = (
    "composition.process",
    "composition.telegram",
    "trading.venues.kraken.adapter",
    "uvloop",
)
"""What a start imports when it comes to it."""


def main(address: str) -> None:
    """Serve until killed; who has ended is reaped by the kernel."""
    for name in _NEEDED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        sys.stdout.write(json.dumps({"socket": address}) + "\n")
        sys.stdout.flush()
        while True:
            connection, _ = server.accept()
            with connection:
                request = json.loads(connection.recv(65_536))
                pid = os.fork()
                if pid == 0:
                    server.close()
                    connection.close()
                    _become(request)
                connection.sendall(json.dumps({"pid": pid}).encode())


def _become(request: dict[str, Any]) -> None:
    """Be `bot.py WORDS` in this process, to its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    said = os.open(request["said"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(said, 1)
    os.dup2(said, 2)
    code = 1
    try:
        code = bot.main(request["words"])
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        Path(request["code"]).write_text(str(code))
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1])
