"""A local venue for a test: a real process with its own books, and hands on its levers."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, Self

import aiohttp

from tests.support.processes import Child, running
from tests.support.waiting import PATIENCE_SECONDS


class VenueOptions(Protocol):
    def arguments(self) -> list[str]:
        """Say them on the venue's command line."""
        ...


@dataclass(slots=True, kw_only=True)
class LocalVenue:
    """The running venue. Its addresses, key and books stay the same over restarts."""

    state: Path
    options: VenueOptions
    module: str
    environment: Mapping[str, str | None] = field(default_factory=dict)
    rest_url: str = ""
    control_url: str = ""
    key: str = ""
    secret: str = ""
    _child: Child | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _session: aiohttp.ClientSession | None = None

    @property
    def process(self) -> Child:
        if self._child is None:
            raise RuntimeError("the local venue was never started")
        return self._child

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
        self._session = await self._stack.enter_async_context(
            aiohttp.ClientSession(
                timeout=timeout, connector=aiohttp.TCPConnector(force_close=True)
            )
        )
        await self._start()
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._stack.aclose()

    async def kill(self) -> None:
        """End it as a power cut would; `restart` brings it back with the same books."""
        await self.process.kill()

    async def stop(self) -> None:
        if self.process.is_running:
            await self.process.terminate()

    async def restart(self) -> None:
        await self.stop()
        await self._start()

    async def fault(
        self, name: str, *, count: int | None = None, match: str = "*", **parameters: Any
    ) -> None:
        wish = {"name": name, "count": count, "match": match, **parameters}
        await self.control("POST", "/faults", wish)

    async def clear_faults(self, name: str | None = None) -> None:
        await self.control("DELETE", "/faults" if name is None else f"/faults?name={name}")

    async def book(self) -> dict[str, Any]:
        """Read the whole truth: balances, orders, fills and ledger with exact amounts."""
        return await self.control("GET", "/book")

    async def current(self) -> dict[str, Any]:
        return await self.control("GET", "/state")

    async def audit(self) -> list[str]:
        """Say what in the venue's books does not agree with the rest; an empty list is well."""
        problems: list[str] = (await self.control("GET", "/audit"))["problems"]
        return problems

    async def deposit(
        self,
        asset: str,
        amount: str | Decimal,
        *,
        newly_listed: bool = False,
        times: int = 1,
    ) -> None:
        """Let money arrive, perhaps in an asset (or a balance such as SOL.F) never seen before.

        `times` over means as many ledger rows and stream updates, in one commit of the venue.
        """
        wish = {"asset": asset, "amount": str(amount), "list": newly_listed, "times": times}
        await self.control("POST", "/deposit", wish)

    async def withdraw(self, asset: str, amount: str | Decimal) -> None:
        await self.control("POST", "/withdraw", {"asset": asset, "amount": str(amount)})

    async def order_by_hand(self, **wish: str) -> dict[str, Any]:
        """Place an order as on the website: pair, side, type, volume and perhaps price."""
        return await self.control("POST", "/order", wish)

    async def cancel_all(self) -> None:
        await self.control("POST", "/cancel_all")

    async def market(self, **wish: Any) -> dict[str, Any]:
        """Set `price` of a `pair`, or `shock_fraction`, `freeze`, `speed`."""
        return await self.control("POST", "/market", wish)

    async def latency(self, milliseconds: float) -> None:
        await self.control("POST", "/latency", {"ms": milliseconds})

    async def control(
        self, method: str, path: str, wish: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        if self._session is None:
            raise RuntimeError("the local venue was never started")
        url = f"{self.control_url}{path}"
        async with self._session.request(method, url, json=wish) as response:
            answer: dict[str, Any] = await response.json()
            if response.status != 200:
                raise AssertionError(f"{method} {path} answered {response.status}: {answer}")
            return answer

    async def _start(self) -> None:
        addresses: list[str] = []
        if self.rest_url:
            addresses += ["--listen", self.rest_url.removeprefix("http://")]
            addresses += ["--control", self.control_url.removeprefix("http://")]
        arguments = [*self.options.arguments(), *addresses]
        child = await self._stack.enter_async_context(
            running(
                *("-m", self.module, "--state", str(self.state)),
                *arguments,
                environment=self.environment,
            )
        )
        self._child = child
        ready = child.ready()
        self.rest_url, self.control_url = ready["rest_url"], ready["control_url"]
        self.key, self.secret = ready["key"], ready["secret"]
        self.learn(ready)

    def learn(self, ready: Mapping[str, Any]) -> None:
        """Note the addresses that only this venue has."""
