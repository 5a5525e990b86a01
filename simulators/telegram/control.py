"""The control address: play the users, look behind the screen, make things go wrong."""

from typing import Any

from aiohttp import web

from simulators.clock import Clock
from simulators.telegram.api import BotApi
from simulators.telegram.bodies import json_object, number, optional_number, text
from simulators.telegram.database import Database
from simulators.telegram.errors import Refused
from simulators.telegram.faults import AT_ONCE, Faults
from simulators.telegram.files import Files
from simulators.telegram.history import Event, History
from simulators.telegram.people import People
from simulators.telegram.polling import Polling
from simulators.telegram.update_queue import UpdateQueue
from simulators.telegram.user_side import Pressing, Saying, UserSide

_LONGEST_WAIT_SECONDS = 60.0
_MALFORMED = {"message": {"message_id": "not a number", "chat": None}}
_ELSEWHERE = "https://elsewhere.example/hook"


class Control:
    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        people: People,
        files: Files,
        history: History,
        updates: UpdateQueue,
        users: UserSide,
        faults: Faults,
        polling: Polling,
        api: BotApi,
    ) -> None:
        self._database = database
        self._clock = clock
        self._people = people
        self._files = files
        self._history = history
        self._updates = updates
        self._users = users
        self._faults = faults
        self._polling = polling
        self._api = api

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/send", self.send)
        app.router.add_post("/edit", self.edit)
        app.router.add_post("/press", self.press)
        app.router.add_post("/block", self.block)
        app.router.add_get("/transcript", self.transcript)
        app.router.add_post("/wait", self.wait)
        app.router.add_get("/state", self.state)
        app.router.add_get("/updates", self.updates)
        app.router.add_get("/file", self.file)
        app.router.add_get("/faults", self.list_faults)
        app.router.add_post("/faults", self.add_fault)
        app.router.add_delete("/faults", self.clear_faults)

    async def send(self, request: web.Request) -> web.Response:
        body = await json_object(request)
        saying = Saying(
            user_id=number(body, "user_id"),
            text=text(body, "text"),
            chat_id=optional_number(body, "chat_id"),
            thread_id=optional_number(body, "thread_id"),
            date=optional_number(body, "date"),
            reply_to=optional_number(body, "reply_to"),
        )
        return web.json_response(self._users.say(saying))

    async def edit(self, request: web.Request) -> web.Response:
        body = await json_object(request)
        edited = self._users.edit(
            number(body, "user_id"), number(body, "message_id"), text(body, "text")
        )
        return web.json_response(edited)

    async def press(self, request: web.Request) -> web.Response:
        body = await json_object(request)
        pressing = Pressing(
            user_id=number(body, "user_id"),
            message_id=optional_number(body, "message_id"),
            chat_id=optional_number(body, "chat_id"),
            data=body.get("data"),
            label=body.get("label"),
            force=body.get("force") is True,
        )
        return web.json_response(self._users.press(pressing))

    async def block(self, request: web.Request) -> web.Response:
        body = await json_object(request)
        blocked = body.get("blocked") is not False
        update_id = self._users.set_blocked(number(body, "user_id"), blocked=blocked)
        return web.json_response({"update_id": update_id})

    async def transcript(self, request: web.Request) -> web.Response:
        """Every event in order; of the bot alone unless `from=all`."""
        chat_id = request.query.get("chat_id")
        events = self._history.events(
            after=int(request.query.get("after", 0)),
            chat_id=None if chat_id is None else int(chat_id),
            limit=int(request.query.get("limit", 10_000)),
        )
        everybody = request.query.get("from") == "all"
        return web.json_response(
            [event.as_json() for event in events if everybody or _is_of_bot(event)]
        )

    async def wait(self, request: web.Request) -> web.Response:
        """Answer as soon as the bot has said something after `after`, or when time is up."""
        body = await json_object(request)
        after, chat_id = body.get("after", 0), body.get("chat_id")
        contained = body.get("contains", "")
        timeout = min(float(body.get("timeout", 10.0)), _LONGEST_WAIT_SECONDS)
        until = self._clock.monotonic() + timeout
        while True:
            events = self._history.events(after=after, chat_id=chat_id)
            found = [
                event
                for event in events
                if _is_of_bot(event) and contained in event.body.get("text", "")
            ]
            after = events[-1].seq if events else after
            remaining = until - self._clock.monotonic()
            if found or remaining <= 0:
                shown = [event.as_json() for event in found]
                return web.json_response({"events": shown, "last_seq": after})
            if not events:
                await self._history.changed.wait(remaining)

    async def state(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "bot": self._people.bot.as_json(),
                "users": [user.as_json() for user in self._people.users.values()],
                "polled": self._polling.is_polled,
                "waiting_updates": self._updates.waiting_count(),
                "last_seq": self._history.last_seq(),
                "webhook": self._database.remembered("webhook", ""),
                "faults": self._faults.as_json(),
                "now": self._clock.now().timestamp(),
            }
        )

    async def updates(self, request: web.Request) -> web.Response:
        """All updates and how each ended: waiting, confirmed, expired or dropped."""
        limit = int(request.query.get("limit", 1000))
        return web.json_response(
            [
                {
                    "update_id": update.update_id,
                    "kind": update.kind,
                    "created_at": update.created_at,
                    "deliveries": update.deliveries,
                    "state": update.state,
                    "update": update.as_json(),
                }
                for update in self._updates.all(limit=limit)
            ]
        )

    async def file(self, request: web.Request) -> web.Response:
        found = self._files.find(request.query.get("file_id", ""))
        if found is None:
            raise Refused("There is no such file.", status=404)
        return web.Response(body=self._files.content(found), content_type=found.mime_type)

    async def list_faults(self, _: web.Request) -> web.Response:
        return web.json_response(self._faults.as_json())

    async def add_fault(self, request: web.Request) -> web.Response:
        return web.json_response(self.fault(await json_object(request)))

    def fault(self, given: dict[str, Any]) -> dict[str, Any]:
        """Put a fault in force, or do at once what one of the single acts says."""
        if given.get("name") in AT_ONCE:
            return self._act_at_once(given)
        fault = self._faults.add(given)
        self._api.fault_added(fault)
        return {"name": fault.name, "match": fault.match}

    def _act_at_once(self, given: dict[str, Any]) -> dict[str, Any]:
        match given["name"]:
            case "duplicate_update":
                if not self._updates.repeat_last():
                    raise Refused("No update was confirmed yet: nothing to repeat.", status=409)
                return {"name": "duplicate_update"}
            case "malformed_update":
                body = given.get("update", _MALFORMED)
                return {"update_id": self._updates.add_raw(dict(body), kind="malformed")}
            case "restart_update_ids":
                return {"next_update_id": self._updates.restart_ids(given.get("first"))}
            case _:
                self._database.remember("webhook", given.get("url", _ELSEWHERE))
                self._polling.release()
                return {"name": "webhook"}

    def clear(self, name: str | None = None) -> int:
        return self._faults.clear(name)

    def faults(self) -> list[dict[str, Any]]:
        return self._faults.as_json()

    async def clear_faults(self, request: web.Request) -> web.Response:
        return web.json_response({"cleared": self.clear(request.query.get("name"))})


def _is_of_bot(event: Event) -> bool:
    if event.kind in {"message", "edit", "delete"}:
        return bool(event.body["from_bot"])
    return event.kind == "answer"
