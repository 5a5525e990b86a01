"""What stands against trading at one venue: its own mode, or a key that may do too much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from trading.model.denial import DenialCode, Denied
from trading.model.identifiers import VenueName
from trading.venues.port import VenueState


class VenueConditions:
    """Asked before every order; what is not known stands against nothing."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._states: dict[VenueName, VenueState] = {}
        self._keys: dict[VenueName, Denied] = {}

    @property
    def states(self) -> Mapping[VenueName, VenueState]:
        """The mode of each venue that told it."""
        return dict(self._states)

    def state_is(self, venue: VenueName, state: VenueState) -> None:
        """Take note of a venue's mode."""
        self._states[venue] = state

    def key_is_fit(self, venue: VenueName) -> None:
        """Let the venue's key trade."""
        self._keys.pop(venue, None)

    def key_is_refused(self, venue: VenueName, reason: str) -> None:
        """Let nothing be traded with the venue's key."""
        self._keys[venue] = Denied(
            code=DenialCode.KEY_REFUSED, reason=f"{venue}: {reason}", details={}
        )

    def refusal(self, venue: VenueName) -> Denied | None:
        """Say why no order may go to the venue now; None when nothing stands against it."""
        return self._keys.get(venue) or _mode_refusal(venue, self._states.get(venue))


def _mode_refusal(venue: VenueName, state: VenueState | None) -> Denied | None:
    """Our orders take what is there, at a limit: a venue in limit_only mode takes them."""
    match state:
        case None | VenueState.ONLINE | VenueState.LIMIT_ONLY:
            return None
        case VenueState.MAINTENANCE | VenueState.CANCEL_ONLY | VenueState.POST_ONLY:
            return Denied(
                code=DenialCode.VENUE_MODE,
                reason=f"{venue} is in {state.value} mode: it takes no such orders now",
                details={"mode": state.value},
            )
        case _:
            assert_never(state)
