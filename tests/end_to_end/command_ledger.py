"""What was asked of a bot that is killed over and over, and what must have become of it."""

from collections import Counter
from dataclasses import dataclass, field

from tests.support.local_telegram import OWNER, Shown
from tests.support.running_bot import RunningBot

ENDED = ("done", "refused", "interrupted")
REPEATED = "You may have had this message before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One update; `words` are in its answer and in no other, where there are such words."""

    kind: str
    update_id: int
    text: str
    words: str | None = None


@dataclass(slots=True, kw_only=True)
class CommandLedger:
    """Asks, remembers, and in the end compares with chat, inbox, journal and log."""

    bot: RunningBot
    asked: list[Asked] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    orders: int = 0
    _seen: int = 0

    @property
    def sent(self) -> int:
        return len(self.asked)

    def __str__(self) -> str:
        kinds = Counter(each.kind for each in self.asked)
        what = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        ends = ", ".join(f"{count} {end}" for end, count in sorted(self.ends.items()))
        return (
            f"{self.sent} commands ({what}): {ends}; {self.orders} orders; "
            f"problems {len(self.problems)}"
        )

    async def say(self, kind: str, text: str, words: str | None = None) -> None:
        said = await self.bot.telegram.say(OWNER, text)
        self.asked.append(Asked(kind=kind, update_id=said["update_id"], text=text, words=words))

    async def press(self, kind: str, on: Shown, label: str) -> None:
        pressed = await self.bot.telegram.press(OWNER, label, on.message_id)
        self.asked.append(Asked(kind=kind, update_id=pressed["update_id"], text=label))

    async def unknown(self) -> None:
        name = f"/nothing{self.sent}x"
        await self.say("unknown", name, f"There is no command {name}.")

    async def balance(self) -> None:
        """An asset that nobody has: the answer names it."""
        await self.say("balance", f"/balance Z{self.sent}Z", f"Z{self.sent}Z")

    async def halt(self) -> None:
        await self.say("halt", f"/halt reason-{self.sent}")

    async def resume(self) -> None:
        await self.say("resume", "/resume")

    async def status_button(self) -> None:
        """A reading button of the newest message that has one; before that, typed."""
        shown = await self.bot.telegram.transcript(OWNER, self._seen)
        on = next((each for each in reversed(shown) if "↻ Refresh" in each.labels), None)
        if on is None:
            await self.say("status", "/status")
        else:
            self._seen = on.seq - 1
            await self.press("button", on, "↻ Refresh")

    async def audit(self) -> None:
        """Hold chat, inbox, journal and log against what was asked."""
        shown = await self.bot.telegram.transcript(OWNER)
        fresh = [each for each in shown if REPEATED not in each.text and each.event == "message"]
        rows = {row["update_id"]: row for row in self.bot.database.table("inbox")}
        reports = sum("Interrupted." in each.text for each in fresh)
        deeds = self._deeds()
        for each in self.asked:
            row = rows.get(each.update_id)
            end = "lost" if row is None else str(row["status"])
            self.ends[end] += 1
            if end not in ENDED:
                self.problems.append(f"{each.text} ended as {end}")
            self.answered += end in ("done", "refused")
            self._audit_words(each, end, fresh)
            if row is not None:
                self._audit_deeds(each, str(row["correlation_id"]), deeds)
        if reports != self.ends["interrupted"]:
            self.problems.append(
                f"{self.ends['interrupted']} commands were cut off and {reports} reported"
            )

    def _audit_words(self, each: Asked, end: str, fresh: list[Shown]) -> None:
        if each.words is None:
            return
        times = sum(each.words in shown.text and "Interrupted." not in shown.text
                    for shown in fresh)  # fmt: skip
        if times > 1:
            self.problems.append(f"{each.text} was answered {times} times")
        if not times and end != "interrupted":
            self.problems.append(f"{each.text} is {end} and was never answered")

    def _deeds(self) -> Counter[tuple[str, str]]:
        """Count what the log says was halted and resumed, by the command that did it."""
        deeds: Counter[tuple[str, str]] = Counter()
        for line in self.bot.log().splitlines():
            for deed in ("halted", "resumed"):
                if f"trading {deed} by=" in line:
                    deeds[deed, line.rpartition("correlation=")[2]] += 1
        return deeds

    def _audit_deeds(
        self, each: Asked, correlation_id: str, deeds: Counter[tuple[str, str]]
    ) -> None:
        """What changes something did so once; halting may repeat itself, it changes no more."""
        if each.kind == "confirm":
            orders = self.bot.database.rows(
                "SELECT * FROM orders WHERE correlation_id = ?", (correlation_id,)
            )
            self.orders += len(orders)
            if len(orders) > 1:
                self.problems.append(f"one press placed {len(orders)} orders")
        if each.kind == "resume" and deeds["resumed", correlation_id] > 1:
            self.problems.append("one /resume resumed more than once")
        if each.kind == "halt" and not deeds["halted", correlation_id]:
            self.problems.append(f"{each.text} halted nothing")
