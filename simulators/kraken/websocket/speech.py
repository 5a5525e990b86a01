"""What is said to one client: answers, channels in sequence, and how faults garble them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from simulators.exchange.connection import Connection
from simulators.kraken.faults import Faults
from simulators.kraken.spelling import Spelling, encode

PRIVATE_CHANNELS = frozenset({"balances", "executions"})
LONGEST_WAIT_FOR_A_SWAP = 1.0  # seconds a frame is kept back for the next to overtake it

Frame = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBack:
    """A frame that the next one overtakes; its sequence number may stay in place."""

    frame: Frame
    numbers_stay: bool


@dataclass(slots=True, kw_only=True)
class Speech:
    """`kind` is "public" or "private": the address the client came to."""

    connection: Connection
    faults: Faults
    kind: str
    monotonic: Callable[[], float]
    last_spoken: float = 0.0
    """When a channel last said anything: heartbeats fill the pauses."""
    _sequences: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _kept_back: dict[str, KeptBack] = field(default_factory=dict)
    _waiting: list[tuple[Frame, str]] | None = None

    def answer(self, frame: Frame, *names: str, is_garbled: bool = False) -> None:
        """Answer a request; faults know it by `names`."""
        self._utter(frame, *names, is_garbled=is_garbled)

    def heartbeat(self, now: float) -> None:
        self.last_spoken = now
        self._utter({"channel": "heartbeat"}, "heartbeat")

    def publish(self, channel: str, kind: str, data: Any, **more: Any) -> None:
        """Say what a channel has to say: `kind` is "snapshot" or "update"."""
        names = _names(channel, data)
        if self.faults.strike("ws_silent_channel", *names):
            return  # nothing was said, so nothing is missing in the sequence
        frame: Frame = {"channel": channel, "type": kind, "data": data, **more}
        if channel in PRIVATE_CHANNELS:
            self._sequences[channel] += 1
            frame["sequence"] = self._sequences[channel]
        if self.faults.strike("ws_gap", *names):
            return
        if kind == "update" and self._is_kept_back(channel, frame):
            return
        self._say(frame, channel)
        if self.faults.strike("ws_duplicate", *names):
            self._say(frame, channel)
        self._let_out(channel)

    def hears(self) -> bool:
        """Whether what the client sends is read and answered, at least by being done."""
        return not (self._silence() and self.connection.is_deaf)

    def speaks(self) -> bool:
        """Whether anything at all is sent."""
        return not self._silence()

    @contextmanager
    def channels_wait(self) -> Iterator[list[tuple[Frame, str]]]:
        """Collect what channels say inside the block; whoever asked for it says it later."""
        collected: list[tuple[Frame, str]] = []
        self._waiting = collected
        try:
            yield collected
        finally:
            self._waiting = None

    def say_all(self, frames: Sequence[tuple[Frame, str]]) -> None:
        for frame, channel in frames:
            self._say(frame, channel)

    def _say(self, frame: Frame, channel: str) -> None:
        if self._waiting is not None:
            self._waiting.append((frame, channel))
        else:
            self.last_spoken = self.monotonic()
            self._utter(frame, channel)

    def _utter(self, frame: Mapping[str, Any], *names: str, is_garbled: bool = False) -> None:
        if self._silence():
            return
        fault = self.faults.strike("spell_numbers", *names)
        spelling = Spelling.PLAIN if fault is None else Spelling(fault.parameters["spelling"])
        text = encode(frame, spelling)
        if is_garbled or self.faults.strike("ws_malformed", *names):
            text = text[: len(text) // 2]
        self.connection.send(text)

    def _silence(self) -> bool:
        """Fall silent for good if a counted fault says so, or as long as an uncounted one does."""
        if self.connection.is_silent:
            return True
        fault = self.faults.strike("ws_silent", self.kind)
        self.connection.is_deaf = fault is not None and bool(fault.parameters["deaf"])
        self.connection.is_silent = fault is not None and fault.left is not None
        return fault is not None

    def _is_kept_back(self, channel: str, frame: Frame) -> bool:
        """Keep a frame back for the next to overtake it, if a fault says so."""
        kept = self._kept_back.get(channel)
        if kept is not None:
            if kept.numbers_stay:
                frame["sequence"], kept.frame["sequence"] = (
                    kept.frame["sequence"],
                    frame["sequence"],
                )
            return False
        fault = self.faults.strike("ws_swap", *_names(channel, frame["data"]))
        if fault is None:
            return False
        numbers_stay = channel in PRIVATE_CHANNELS and bool(fault.parameters["numbers_stay"])
        self._kept_back[channel] = KeptBack(frame=frame, numbers_stay=numbers_stay)
        self.connection.later(LONGEST_WAIT_FOR_A_SWAP, lambda: self._let_out(channel))
        return True

    def _let_out(self, channel: str) -> None:
        """Say what was kept back, if anything was."""
        kept = self._kept_back.pop(channel, None)
        if kept is not None:
            self._say(kept.frame, channel)


def _names(channel: str, data: Any) -> tuple[str, ...]:
    """Say what faults may call a frame: its channel, and for an order's step that too."""
    if channel != "executions" or len(data) != 1:
        return (channel,)
    return channel, f"{channel}.{data[0]['exec_type']}"
