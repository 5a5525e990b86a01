"""Pulls the panel's levers and shows what is really the case behind the bot's words."""

from typing import Any

from simulators.telegram.binance_hurts import beside_binance
from simulators.telegram.control import Control
from simulators.telegram.errors import Refused
from simulators.telegram.forwarding import ControlAddress
from simulators.telegram.hurts import Call, available


class Panel:
    def __init__(
        self,
        *,
        control: Control,
        venue: ControlAddress | None,
        process: ControlAddress | None,
        binance: ControlAddress | None = None,
    ) -> None:
        self._control = control
        self._addresses = {"venue": venue, "binance": binance, "process": process}
        hurts = available(venue=venue is not None, process=process is not None)
        if venue is not None and binance is not None:
            hurts = beside_binance(hurts)
        self._hurts = {f"{hurt.group.lower()}.{hurt.key}": hurt for hurt in hurts}

    def groups(self) -> list[dict[str, Any]]:
        """The buttons by group, each with the key to pull it by."""
        groups: dict[str, list[dict[str, Any]]] = {}
        for key, hurt in self._hurts.items():
            groups.setdefault(hurt.shown or hurt.group, []).append({**hurt.as_json(), "key": key})
        return [{"name": name, "buttons": buttons} for name, buttons in groups.items()]

    async def pull(self, key: str) -> dict[str, Any]:
        hurt = self._hurts.get(key)
        if hurt is None:
            raise Refused(f"There is no lever {key!r}.", status=404)
        for call in hurt.calls:
            await self._make(call)
        return {"done": hurt.label, "hint": hurt.hint}

    async def _make(self, call: Call) -> None:
        if call.target == "telegram":
            self._at_telegram(call)
            return
        address = self._addresses[call.target]
        if address is None:
            raise Refused("There is nobody to tell.", status=404)
        await address.call(call.method, call.path, call.body or None)

    def _at_telegram(self, call: Call) -> None:
        if call.method == "DELETE":
            self._control.clear()
        else:
            self._control.fault(dict(call.body))

    async def status(self) -> dict[str, Any]:
        """What is in force and what is true; a part that does not answer says why."""
        return {
            "faults": self._control.faults(),
            **{name: await _asked(address) for name, address in self._addresses.items()},
        }


async def _asked(address: ControlAddress | None) -> dict[str, Any] | None:
    if address is None:
        return None
    try:
        state: dict[str, Any] = await address.call("GET", "/state")
    except Refused as refused:
        return {"error": refused.reason}
    return state
