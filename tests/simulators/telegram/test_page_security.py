"""The page's own address obeys only the page that this very process has served."""

import random
import re
from pathlib import Path

import aiohttp
import pytest

from simulators.clock import RealClock
from simulators.telegram.options import read_options
from simulators.telegram.server import serving
from tests.support.local_telegram import OWNER, ReachableTelegram, address

SAY = {"user_id": OWNER, "chat_id": OWNER, "text": "/halt"}


@pytest.fixture
async def page_token(local: ReachableTelegram) -> str:
    async with local.session.get(local.page_url) as answer:
        found = re.search(r'name="page-token" content="([^"]+)"', await answer.text())
    assert found is not None
    return found[1]


def headers_of_page(local: ReachableTelegram, token: str) -> dict[str, str]:
    return {"X-Page-Token": token, "Origin": f"http://{address(local.page_url)}"}


async def test_the_page_may_speak_for_its_users(local: ReachableTelegram, page_token: str) -> None:
    headers = headers_of_page(local, page_token)
    async with local.session.post(
        f"{local.page_url}page/say", json=SAY, headers=headers
    ) as answer:
        assert answer.status == 200
    assert [update["update"]["message"]["text"] for update in await local.updates()] == ["/halt"]


FORGED = {
    "no token": {"X-Page-Token": ""},
    "a guessed token": {"X-Page-Token": "guessed"},
    "another page": {"Origin": "https://evil.example"},
    "another port of this machine": {"Origin": "http://127.0.0.1:1"},
    "a sandboxed page": {"Origin": "null"},
    "no origin": {"Origin": None},
    "a name that leads here": {"Host": "evil.example"},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
async def test_nobody_else_may(
    local: ReachableTelegram, page_token: str, forged: dict[str, str | None]
) -> None:
    merged = {**headers_of_page(local, page_token), **forged}
    headers = {name: value for name, value in merged.items() if value is not None}
    for path, body in (("say", SAY), ("hurt", {"key": "telegram.outage"})):
        async with local.session.post(
            f"{local.page_url}page/{path}", json=body, headers=headers
        ) as answer:
            assert answer.status == 403
    assert await local.updates() == []
    assert await local.faults() == []


@pytest.mark.parametrize("path", ["setup", "history?chat_id=1001", "status", "events?after=0"])
async def test_reading_needs_the_token_too(local: ReachableTelegram, path: str) -> None:
    async with local.session.get(f"{local.page_url}page/{path}") as answer:
        assert answer.status == 403


async def test_files_need_the_token_and_only_pictures_are_shown(
    local: ReachableTelegram, page_token: str
) -> None:
    url = f"{local.api_url}/bot{local.token}/sendDocument"
    form = aiohttp.FormData({"chat_id": str(OWNER)})
    form.add_field("document", b"<script>alert(1)</script>", filename='evil".html')
    async with local.session.post(url, data=form) as answer:
        file_id = (await answer.json())["result"]["document"]["file_id"]
    async with local.session.get(f"{local.page_url}page/file/{file_id}") as answer:
        assert answer.status == 403
    async with local.session.get(
        f"{local.page_url}page/file/{file_id}", params={"token": page_token}
    ) as answer:
        assert answer.content_type == "application/octet-stream"
        disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="evil')
    assert disposition.count('"') == 2


async def test_the_document_forbids_what_it_does_not_need(local: ReachableTelegram) -> None:
    async with local.session.get(local.page_url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        text = await answer.text()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.search(r"https?://(?!www\.w3\.org)", text) is None, "nothing comes from elsewhere"
    assert re.search(r"\son\w+=|<script>|style=", text) is None, "no inline script or style"


@pytest.mark.parametrize(
    "name", ["..%2fpage.py", "index.html", "%2e%2e/page.py", "nothing.js", "app.js%00.css"]
)
async def test_only_the_pages_own_files_are_served(local: ReachableTelegram, name: str) -> None:
    async with local.session.get(f"{local.page_url}static/{name}") as answer:
        assert answer.status == 404


async def test_a_name_that_leads_here_gets_no_page(local: ReachableTelegram) -> None:
    async with local.session.get(local.page_url, headers={"Host": "evil.example"}) as answer:
        assert answer.status == 403
        assert "token" not in (await answer.text())


async def test_each_start_has_its_own_token(tmp_path: Path) -> None:
    options = read_options(["--listen", "127.0.0.1:0", "--state", str(tmp_path)])
    pages: set[str] = set()
    for _ in range(2):
        async with (
            serving(options, clock=RealClock(), dice=random.Random(1)) as endpoints,
            aiohttp.ClientSession() as session,
            session.get(endpoints.page_url) as answer,
        ):
            pages.add(await answer.text())
    assert len(pages) == 2
