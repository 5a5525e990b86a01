"""Private questions about the account: balances, volume, the key itself."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from simulators.exchange.numbers import fixed
from simulators.kraken.errors import UNKNOWN_ASSET, UNKNOWN_PAIR, KrakenError
from simulators.kraken.exchange import Exchange
from simulators.kraken.fees import FeeTier, fee_tiers
from simulators.kraken.tickets import text
from simulators.kraken.tokens import Tokens
from trading.venues.paper.values import ZERO, Balance

Words = Mapping[str, Any]
PERMISSIONS = (
    "query-funds",
    "query-open-trades",
    "query-closed-trades",
    "modify-trades",
    "close-trades",
    "query-ledger",
    "create-ws-token",
)


class AccountEndpoints:
    def __init__(
        self,
        *,
        exchange: Exchange,
        key: str,
        can_withdraw: bool,
        last_nonce: Callable[[], int],
        tokens: Tokens,
    ) -> None:
        self._exchange = exchange
        self._tokens = tokens
        self._key = key
        self._permissions = (*PERMISSIONS, "withdraw-funds") if can_withdraw else PERMISSIONS
        self._last_nonce = last_nonce

    def routes(self) -> dict[str, Callable[[Words], Any]]:
        return {
            "Balance": self.balance,
            "BalanceEx": self.balance_with_holds,
            "TradeBalance": self.trade_balance,
            "TradeVolume": self.trade_volume,
            "GetApiKeyInfo": self.key_info,
            "GetWebSocketsToken": self.token,
        }

    def balance(self, _: Words) -> dict[str, str]:
        return {
            code: fixed(balance.total, decimals) for code, decimals, balance in self._balances()
        }

    def balance_with_holds(self, _: Words) -> dict[str, Any]:
        return {
            code: {
                "balance": fixed(balance.total, decimals),
                "hold_trade": fixed(balance.hold, decimals),
            }
            for code, decimals, balance in self._balances()
        }

    def trade_balance(self, words: Words) -> dict[str, str]:
        """Answer equity without margin: everything but the equivalents is zero."""
        name = text(words, "asset") or "ZUSD"
        asset = self._exchange.catalogue.named_asset(name)
        if asset is None:
            raise KrakenError(UNKNOWN_ASSET)
        unit = self._exchange.valuer.in_usd(asset.name)
        if unit is None:
            raise KrakenError(UNKNOWN_ASSET)
        worth = sum(
            (
                balance.total * (self._exchange.valuer.in_usd(held) or ZERO)
                for held, balance in self._exchange.engine.state.balances.items()
            ),
            ZERO,
        )
        equity = fixed(worth / unit, 4)
        nothing = fixed(ZERO, 4)
        return {
            "eb": equity,
            "tb": equity,
            "m": nothing,
            "uv": nothing,
            "n": nothing,
            "c": nothing,
            "v": nothing,
            "e": equity,
            "mf": equity,
        }

    def trade_volume(self, words: Words) -> dict[str, Any]:
        exchange = self._exchange
        now = exchange.now()
        names = [part.strip() for part in text(words, "pair").split(",") if part.strip()]
        pairs = [exchange.catalogue.named_pair(name) for name in names]
        answer: dict[str, Any] = {
            "currency": "ZUSD",
            "volume": fixed(exchange.fees.volume(now), 4),
        }
        if not pairs:
            return answer
        current, following = exchange.fees.current(now), exchange.fees.following(now)
        answer["fees"], answer["fees_maker"] = {}, {}
        for pair in pairs:
            if pair is None:
                raise KrakenError(UNKNOWN_PAIR)
            answer["fees"][pair.key] = _fee(lambda tier: tier.taker, current, following)
            answer["fees_maker"][pair.key] = _fee(lambda tier: tier.maker, current, following)
        return answer

    def key_info(self, _: Words) -> dict[str, Any]:
        now = str(int(self._exchange.now().timestamp()))
        return {
            "apiKeyName": "local",
            "apiKey": self._key,
            "nonce": str(self._last_nonce()),
            "nonceWindow": 0,
            "permissions": list(self._permissions),
            "iban": "AA00 N00N 0000 0000",
            "validUntil": "0",
            "queryFrom": "0",
            "queryTo": "0",
            "createdTime": "1700000000",
            "modifiedTime": "1700000000",
            "ipAllowlist": [],
            "lastUsed": now,
        }

    def token(self, _: Words) -> dict[str, Any]:
        return {"token": self._tokens.issue(), "expires": round(self._tokens.seconds)}

    def _balances(self) -> list[tuple[str, int, Balance]]:
        catalogue = self._exchange.catalogue
        rows = []
        for name, balance in self._exchange.engine.state.balances.items():
            asset = catalogue.asset(name)
            rows.append((asset.code, asset.decimals, balance))
        return rows


def _fee(
    part: Callable[[FeeTier], Decimal], current: FeeTier, following: FeeTier | None
) -> dict[str, str | None]:
    tiers = fee_tiers()
    return {
        "fee": fixed(part(current), 4),
        "minfee": fixed(part(tiers[-1]), 4),
        "maxfee": fixed(part(tiers[0]), 4),
        "nextfee": None if following is None else fixed(part(following), 4),
        "nextvolume": None if following is None else fixed(Decimal(following.volume), 4),
        "tiervolume": fixed(Decimal(current.volume), 4),
    }
