"""Only an approved order can reach a venue, whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from trading.model.denial import Denied
from trading.model.identifiers import ClientOrderId
from trading.model.order import OrderIntent


def _never_withdrawn() -> Denied | None:
    """Approve for as long as it takes."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedOrder:
    """An intent that passed verification and is committed to the journal.

    Built by the order executor alone, after the journal's commit. `deadline_at` is the time
    after which the venue's engine must refuse it. `evidence` is what approval rested on.
    """

    client_order_id: ClientOrderId
    intent: OrderIntent
    deadline_at: datetime
    evidence: Mapping[str, str]
    withdrawn: Callable[[], Denied | None] = field(
        default=_never_withdrawn, compare=False, repr=False
    )
    """Asked by the adapter just before the first byte leaves: a halt stops what still waits."""
