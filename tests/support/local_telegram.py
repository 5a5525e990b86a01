"""The local Telegram as tests use it: a process of its own, its users, and what they see."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.processes import UNMEASURED, Child, running
from tests.support.waiting import PATIENCE_SECONDS, eventually

OWNER = 1001
VIEWER = 1002
STRANGER = 1003
TOKEN = "123:demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One thing the bot put on the screen, in order of `seq`; `at` is the server's time."""

    seq: int
    at: float
    event: str  # message, edit, delete or answer
    chat_id: int
    message_id: int
    text: str
    buttons: tuple[tuple[str, ...], ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(label for row in self.buttons for label in row)


Wanted = str | Callable[[Shown], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachableTelegram:
    """Users are named by id. `say` and `press` return what the server knows of the update."""

    api_url: str
    page_url: str
    control_url: str
    token: str
    session: aiohttp.ClientSession

    @property
    def base_url(self) -> str:
        return f"{self.api_url}/bot"

    @property
    def base_file_url(self) -> str:
        return f"{self.api_url}/file/bot"

    async def control(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Call the control address and return its JSON."""
        return json.loads(await self._called(method, path, body, query))

    async def _called(self, method: str, path: str, body: Any, query: Mapping[str, Any]) -> bytes:
        """A refusal fails the test in the server's own words."""
        given = {name: str(value) for name, value in query.items() if value is not None}
        async with self.session.request(
            method, f"{self.control_url}{path}", json=body, params=given
        ) as answer:
            content = await answer.read()
            assert answer.status == 200, f"{method} {path}: {answer.status} {content.decode()}"
            return content

    async def say(self, user_id: int, text: str, **more: Any) -> dict[str, Any]:
        """Type as a user: `update_id`, `message_id`, `at`. More: chat_id, thread_id, date."""
        said: dict[str, Any] = await self.control(
            "POST", "/send", {"user_id": user_id, "text": text, **more}
        )
        return said

    async def edit(self, user_id: int, message_id: int, text: str) -> dict[str, Any]:
        edited: dict[str, Any] = await self.control(
            "POST", "/edit", {"user_id": user_id, "message_id": message_id, "text": text}
        )
        return edited

    async def press(
        self, user_id: int, label: str, message_id: int | None = None, **more: Any
    ) -> dict[str, Any]:
        """Press the button with this label, on the newest message that has it unless named."""
        body = {"user_id": user_id, "label": label, "message_id": message_id, **more}
        pressed: dict[str, Any] = await self.control("POST", "/press", body)
        return pressed

    async def block(self, user_id: int, *, blocked: bool = True) -> None:
        await self.control("POST", "/block", {"user_id": user_id, "blocked": blocked})

    async def transcript(self, chat_id: int | None = None, after: int = 0) -> list[Shown]:
        """Everything the bot has shown, in order."""
        events = await self.control(
            "GET", "/transcript", chat_id=chat_id, after=after, limit=1_000_000
        )
        return [_shown(event) for event in events]

    async def mark(self) -> int:
        """The number of the newest event: what comes later has a larger one."""
        seq: int = (await self.state())["last_seq"]
        return seq

    async def wait_for(
        self,
        wanted: Wanted,
        within: float = PATIENCE_SECONDS,
        *,
        after: int = 0,
        chat_id: int | None = None,
    ) -> Shown:
        """The first thing shown after `after` that contains the text or satisfies the test."""
        matches = (lambda shown: wanted in shown.text) if isinstance(wanted, str) else wanted
        clock = asyncio.get_running_loop().time
        until = clock() + within
        seen, last = [], after
        while (remaining := until - clock()) > 0:
            answer = await self.control(
                "POST",
                "/wait",
                {"after": last, "chat_id": chat_id, "timeout": min(remaining, 5.0)},
            )
            last = answer["last_seq"]
            for shown in map(_shown, answer["events"]):
                seen.append(f"{shown.event}: {shown.text!r} {shown.labels}")
                if matches(shown):
                    return shown
        raise AssertionError(f"not shown within {within:g} s: {wanted!r}; shown: {seen}")

    async def fault(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Put a fault in force: count, seconds, match, and the fault's own parameters."""
        put: dict[str, Any] = await self.control("POST", "/faults", {"name": name, **parameters})
        return put

    async def clear_faults(self, name: str | None = None) -> None:
        await self.control("DELETE", "/faults", name=name)

    async def faults(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.control("GET", "/faults")
        return found

    async def state(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.control("GET", "/state")
        return found

    async def updates(self) -> list[dict[str, Any]]:
        """All updates with deliveries and state: waiting, confirmed, expired or dropped."""
        found: list[dict[str, Any]] = await self.control("GET", "/updates", limit=100_000)
        return found

    async def file(self, file_id: str) -> bytes:
        return await self._called("GET", "/file", None, {"file_id": file_id})

    async def until_polled(self, within: float = PATIENCE_SECONDS) -> None:
        """Wait until a bot has a long poll open."""

        async def polled() -> bool:
            return bool((await self.state())["polled"])

        _: bool = await eventually(polled, within=within, because="a bot polls here")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTelegram(ReachableTelegram):
    """One that runs as a process of its own."""

    child: Child


@asynccontextmanager
async def running_local_telegram(
    state_dir: Path,
    *,
    listen: str = "127.0.0.1:0",
    control: str = "127.0.0.1:0",
    token: str = TOKEN,
    fresh: bool = False,
    environment: Mapping[str, str | None] = UNMEASURED,
    **options: str,
) -> AsyncIterator[LocalTelegram]:
    """Run one until the block is left; options as on its command line (users, groups, ...).

    To restart it at the same addresses: `await telegram.child.kill()`, then enter another one
    on the same folder with `listen` and `control` taken from `address(url)` of the first.
    """
    arguments = ["--listen", listen, "--control", control, "--state", str(state_dir)]
    arguments += ["--token", token, *(["--fresh"] if fresh else [])]
    for name, value in options.items():
        arguments.append(f"--{name.replace('_', '-')}={value}")
    async with (
        running("-m", "simulators.telegram", *arguments, environment=environment) as child,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=70)) as session,
    ):
        yield LocalTelegram(**child.ready(), child=child, session=session)


def address(url: str) -> str:
    """The HOST:PORT of a URL."""
    return url.removeprefix("http://").rstrip("/")


def _shown(event: dict[str, Any]) -> Shown:
    return Shown(
        seq=event["seq"],
        at=event["at"],
        event=event["event"],
        chat_id=event["chat_id"],
        message_id=event["message_id"],
        text=event["text"],
        buttons=tuple(tuple(button["text"] for button in row) for row in event.get("buttons", ())),
        raw=event,
    )
