"""The chat page: one document, its static files, and what its script asks and is told."""

import json
from pathlib import Path
from typing import Any

from aiohttp import web

from simulators.telegram.bodies import json_object, number, optional_number, text
from simulators.telegram.errors import Refused
from simulators.telegram.guard import PageGuard, host_is_own
from simulators.telegram.history import Event
from simulators.telegram.panel import Panel
from simulators.telegram.user_side import Pressing, Saying
from simulators.telegram.wiring import Doors, Stores

_STATIC = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_HEARTBEAT_SECONDS = 15.0
_PAGE_LENGTH = 60


class Page:
    def __init__(self, *, stores: Stores, doors: Doors, panel: Panel, guard: PageGuard) -> None:
        self._people = stores.people
        self._history = stores.history
        self._profile = stores.profile
        self._files = stores.files
        self._updates = stores.updates
        self._users = doors.users
        self._panel = panel
        self._polling = doors.polling
        self._guard = guard
        self._closing = False

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/", self.document)
        app.router.add_get("/static/{name}", self.static)
        app.router.add_get("/page/setup", self.setup)
        app.router.add_get("/page/history", self.history)
        app.router.add_get("/page/status", self.status)
        app.router.add_get("/page/events", self.events)
        app.router.add_get("/page/file/{file_id}", self.file)
        app.router.add_post("/page/say", self.say)
        app.router.add_post("/page/edit", self.edit)
        app.router.add_post("/page/press", self.press)
        app.router.add_post("/page/hurt", self.hurt)
        app.on_shutdown.append(self._end_streams)

    async def document(self, request: web.Request) -> web.Response:
        if not host_is_own(request.host):
            raise Refused("This page is only for this machine.", status=403)
        source = (_STATIC / "index.html").read_text(encoding="utf-8")
        document = source.replace("{{token}}", self._guard.token)
        return web.Response(text=document, content_type="text/html", headers=_HEADERS)

    async def static(self, request: web.Request) -> web.Response:
        """Serve only the files that lie in the folder, under their own names."""
        found = {path.name: path for path in _STATIC.iterdir() if path.suffix in _TYPES}
        path = found.get(request.match_info["name"])
        if path is None:
            raise Refused("There is no such file.", status=404)
        return web.Response(
            body=path.read_bytes(),
            content_type=_TYPES[path.suffix],
            charset="utf-8",
            headers={**_HEADERS, "Cache-Control": "no-cache"},
        )

    async def setup(self, request: web.Request) -> web.Response:
        self._guard.check(request)
        chats = [*self._people.users, *self._people.groups]
        return web.json_response(
            {
                "bot": self._people.bot.as_json(),
                "users": [
                    {"id": user.user_id, "role": user.role, "name": user.first_name}
                    for user in self._people.users.values()
                ],
                "groups": [
                    {"id": group.chat_id, "title": group.title}
                    for group in self._people.groups.values()
                ],
                "description": self._profile.text("description"),
                "commands": {chat: self._profile.commands_for_chat(chat) for chat in chats},
                "panel": self._panel.groups(),
                "last_seq": self._history.last_seq(),
            }
        )

    async def history(self, request: web.Request) -> web.Response:
        self._guard.check(request)
        chat_id = _query_number(request, "chat_id")
        before = _query_number(request, "before") if "before" in request.query else None
        messages = self._history.page(chat_id, before=before, limit=_PAGE_LENGTH)
        return web.json_response(
            {
                "messages": [self._history.view.for_people(message) for message in messages],
                "waiting": self._updates.waiting_messages(chat_id),
                "has_more": len(messages) == _PAGE_LENGTH,
                "last_seq": self._history.last_seq(),
            }
        )

    async def status(self, request: web.Request) -> web.Response:
        self._guard.check(request)
        status = await self._panel.status()
        return web.json_response({**status, "polled": self._polling.is_heard_of})

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Push every event after `after`, or after the last one a reconnecting page has seen."""
        self._guard.check(request)
        seen = request.headers.get("Last-Event-ID")
        after = int(seen) if seen and seen.isdigit() else _query_number(request, "after")
        stream = web.StreamResponse(headers={**_HEADERS, "Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(b"retry: 1000\n\n")
        try:
            while not self._closing:
                after = await self._push(stream, after)
        except ConnectionError:
            pass  # the page is gone; there is nobody left to tell
        return stream

    async def _push(self, stream: web.StreamResponse, after: int) -> int:
        events = self._history.events(after=after)
        for event in events:
            await stream.write(_framed(event))
        if events:
            return events[-1].seq
        await self._history.changed.wait(_HEARTBEAT_SECONDS)
        await stream.write(b": still here\n\n")
        return after

    async def _end_streams(self, _: web.Application) -> None:
        self._closing = True
        self._history.changed.notify()

    async def file(self, request: web.Request) -> web.Response:
        """Show a picture; anything else is only ever downloaded."""
        self._guard.check(request)
        found = self._files.find(request.match_info["file_id"])
        if found is None:
            raise Refused("There is no such file.", status=404)
        is_picture = found.mime_type in _PICTURES and "download" not in request.query
        name = found.name.replace('"', "'").encode("ascii", "replace").decode()
        return web.Response(
            body=self._files.content(found),
            content_type=found.mime_type if is_picture else "application/octet-stream",
            headers={
                **_HEADERS,
                "Cache-Control": "private, max-age=86400",
                "Content-Disposition": "inline"
                if is_picture
                else f'attachment; filename="{name}"',
            },
        )

    async def say(self, request: web.Request) -> web.Response:
        body = await self._checked_body(request)
        said = self._users.say(
            Saying(
                user_id=number(body, "user_id"),
                text=text(body, "text"),
                chat_id=number(body, "chat_id"),
                reply_to=optional_number(body, "reply_to"),
            )
        )
        return web.json_response(said)

    async def edit(self, request: web.Request) -> web.Response:
        body = await self._checked_body(request)
        edited = self._users.edit(
            number(body, "user_id"), number(body, "message_id"), text(body, "text")
        )
        return web.json_response(edited)

    async def press(self, request: web.Request) -> web.Response:
        body = await self._checked_body(request)
        pressed = self._users.press(
            Pressing(
                user_id=number(body, "user_id"),
                message_id=number(body, "message_id"),
                chat_id=number(body, "chat_id"),
                data=text(body, "data"),
            )
        )
        return web.json_response(pressed)

    async def hurt(self, request: web.Request) -> web.Response:
        body = await self._checked_body(request)
        return web.json_response(await self._panel.pull(text(body, "key")))

    async def _checked_body(self, request: web.Request) -> dict[str, Any]:
        self._guard.check(request)
        return await json_object(request)


def _framed(event: Event) -> bytes:
    return f"id: {event.seq}\ndata: {json.dumps(event.as_json())}\n\n".encode()


def _query_number(request: web.Request, name: str) -> int:
    try:
        return int(request.query.get(name, ""))
    except ValueError:
        raise Refused(f"{name} must be a whole number.") from None
