"""Serves the local Telegram's two addresses until it is told to stop."""

import asyncio
import json
import random
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from aiohttp import web

from simulators.clock import Clock
from simulators.telegram.database import open_database
from simulators.telegram.files import MAX_DOCUMENT_BYTES
from simulators.telegram.forwarding import ControlAddress, control_addresses
from simulators.telegram.guard import (
    PageGuard,
    bot_api_for_programs,
    only_programs,
    refusals_as_json,
)
from simulators.telegram.options import Address, Options
from simulators.telegram.page import Page
from simulators.telegram.panel import Panel
from simulators.telegram.wiring import Doors, Stores, make_doors, make_stores

SHUTDOWN_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where it listens: base_url of a bot is `api_url + "/bot"`, base_file_url `+ "/file/bot"`."""

    api_url: str
    page_url: str
    control_url: str
    token: str


@asynccontextmanager
async def serving(
    options: Options, *, clock: Clock, dice: random.Random
) -> AsyncIterator[Endpoints]:
    """Listen on both addresses while the block runs."""
    with open_database(options.state) as database:
        stores = make_stores(options, database=database, clock=clock, dice=dice)
        doors = make_doors(stores, token=options.token)
        async with (
            control_addresses(
                {
                    "venue": options.kraken_control,
                    "local Binance": options.binance_control,
                    "launcher": options.process_control,
                }
            ) as addresses,
            listening(_public(stores, doors, _panel(doors, addresses)), options.listen) as api_url,
            listening(_control(doors), options.control) as control_url,
        ):
            yield Endpoints(
                api_url=api_url,
                page_url=f"{api_url}/",
                control_url=control_url,
                token=options.token,
            )


def _panel(doors: Doors, addresses: Mapping[str, ControlAddress | None]) -> Panel:
    return Panel(
        control=doors.control,
        venue=addresses["venue"],
        binance=addresses["local Binance"],
        process=addresses["launcher"],
    )


def _public(stores: Stores, doors: Doors, panel: Panel) -> web.Application:
    app = web.Application(
        middlewares=[bot_api_for_programs, refusals_as_json],
        client_max_size=MAX_DOCUMENT_BYTES + 2**20,
    )
    doors.api.add_routes(app)
    Page(stores=stores, doors=doors, panel=panel, guard=PageGuard()).add_routes(app)
    return app


def _control(doors: Doors) -> web.Application:
    app = web.Application(middlewares=[only_programs, refusals_as_json])
    doors.control.add_routes(app)
    return app


@asynccontextmanager
async def listening(app: web.Application, address: Address) -> AsyncIterator[str]:
    """Serve the application and say at which URL."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        is_ipv6 = ":" in address.host
        listener = socket.create_server(
            (address.host, address.port), family=socket.AF_INET6 if is_ipv6 else socket.AF_INET
        )
        await web.SockSite(runner, listener).start()
        host = f"[{address.host}]" if is_ipv6 else address.host
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        await runner.cleanup()


async def serve(options: Options, *, clock: Clock, dice: random.Random) -> None:
    """Say on stdout in one line where it listens, then serve until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with serving(options, clock=clock, dice=dice) as endpoints:
        print(json.dumps(asdict(endpoints)), flush=True)
        await stopped.wait()
