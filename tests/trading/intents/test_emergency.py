"""Cancelling all halts first, reaches every venue, and one that fails fails alone."""

from trading.errors import VenueUnavailable
from trading.intents.emergency import CancelAllOutcome, EmergencyIntents
from trading.model.identifiers import VenueName

GOOD, BAD = VenueName("good"), VenueName("bad")


class Story:
    """What happened, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    async def halt(self, reason: str, by: str) -> None:
        self.lines.append(f"halt {reason} by {by}")


class Venue:
    def __init__(self, story: Story, error: Exception | None = None) -> None:
        self._story = story
        self._error = error

    async def cancel_all(self) -> int:
        self._story.lines.append("cancel all")
        if self._error is not None:
            raise self._error
        return 3


async def test_it_halts_first_and_each_venue_fails_alone() -> None:
    story = Story()
    venues = {GOOD: Venue(story), BAD: Venue(story, VenueUnavailable("bad", "maintenance"))}
    outcomes = await EmergencyIntents(venues=venues, gate=story).cancel_all("1001")
    assert outcomes == (
        CancelAllOutcome(venue=GOOD, cancelled=3, error=None),
        CancelAllOutcome(venue=BAD, cancelled=None, error="bad: maintenance"),
    )
    assert story.lines == ["halt cancel all by 1001", "cancel all", "cancel all"]
