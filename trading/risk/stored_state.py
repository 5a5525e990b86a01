"""The trading state as it is written into the file HALT and into the database."""

from __future__ import annotations

import json
from datetime import datetime

from trading.model.trading_state import TradingMode, TradingState


def encode(state: TradingState) -> str:
    """Write a state as text."""
    return json.dumps(
        {
            "mode": state.mode.value,
            "reason": state.reason,
            "since": state.since.isoformat(),
            "by": state.by,
        }
    )


def decode(text: str) -> TradingState | None:
    """Read it back; None for a text that is none."""
    try:
        fields = json.loads(text)
        return TradingState(
            mode=TradingMode(fields["mode"]),
            reason=str(fields["reason"]),
            since=datetime.fromisoformat(fields["since"]),
            by=str(fields["by"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
