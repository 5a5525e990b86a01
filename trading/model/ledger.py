"""Rows of a venue's ledger: what moved a balance, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from trading.model.identifiers import Asset, VenueName


class LedgerKind(StrEnum):
    """Why a balance changed."""

    TRADE = "trade"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    REWARD = "reward"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One change of one balance; `amount` is signed, `balance` is what it left behind."""

    venue: VenueName
    ledger_id: str
    kind: LedgerKind
    asset: Asset
    amount: Decimal
    fee: Decimal
    balance: Decimal
    at: datetime
