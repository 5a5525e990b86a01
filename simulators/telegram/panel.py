"""Pulls the panel's levers and shows what is really the case behind the bot's words."""

from typing import Any

from simulators.telegram.control import Control
from simulators.telegram.errors import Refused
from simulators.telegram.forwarding import ControlAddress
from simulators.telegram.hurts import Hurt, available


class Panel:
    def __init__(
        self,
        *,
        control: Control,
        venue: ControlAddress | None,
        process: ControlAddress | None,
    ) -> None:
        self._control = control
        self._venue = venue
        self._process = process
        self._hurts = {
            f"{hurt.target}.{hurt.key}": hurt
            for hurt in available(venue=venue is not None, process=process is not None)
        }

    def groups(self) -> list[dict[str, Any]]:
        """The buttons by group, each with the key to pull it by."""
        groups: dict[str, list[dict[str, Any]]] = {}
        for key, hurt in self._hurts.items():
            groups.setdefault(hurt.group, []).append({**hurt.as_json(), "key": key})
        return [{"name": name, "buttons": buttons} for name, buttons in groups.items()]

    async def pull(self, key: str) -> dict[str, Any]:
        hurt = self._hurts.get(key)
        if hurt is None:
            raise Refused(f"There is no lever {key!r}.", status=404)
        answer = await self._carry_out(hurt)
        return {"done": hurt.label, "hint": hurt.hint, "answer": answer}

    async def _carry_out(self, hurt: Hurt) -> Any:
        if hurt.target == "telegram":
            return self._at_telegram(hurt)
        address = self._venue if hurt.target == "venue" else self._process
        if address is None:
            raise Refused("There is nobody to tell.", status=404)
        return await address.call(hurt.method, hurt.path, hurt.body or None)

    def _at_telegram(self, hurt: Hurt) -> dict[str, Any]:
        if hurt.method == "DELETE":
            return {"cleared": self._control.clear()}
        return self._control.fault(dict(hurt.body))

    async def status(self) -> dict[str, Any]:
        """What is in force and what is true; a part that does not answer says why."""
        return {
            "faults": self._control.faults(),
            "venue": await _asked(self._venue),
            "process": await _asked(self._process),
        }


async def _asked(address: ControlAddress | None) -> dict[str, Any] | None:
    if address is None:
        return None
    try:
        state: dict[str, Any] = await address.call("GET", "/state")
    except Refused as refused:
        return {"error": refused.reason}
    return state
