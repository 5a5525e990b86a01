"""Private questions about the account: balances, rights, commission, transfers."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from simulators.binance.endpoints import Endpoint, Security
from simulators.binance.errors import bad_symbol
from simulators.binance.exchange import Exchange
from simulators.binance.faults import Faults
from simulators.binance.limits import Limits
from simulators.binance.lookup import Lookup, Transfer
from simulators.binance.numbers import eight, milliseconds
from simulators.binance.words import Words, flag, limit, listed, moment, whole
from trading.venues.paper.values import ZERO, Balance, LedgerKind

UID = 354937868
MOST_TRANSFERS = 1000
LOOK_BACK = timedelta(days=90)
CREATED = 1_700_000_000_000
NETWORKS = {"USDT": "TRX", "USDC": "ETH"}
DEPOSITED, WITHDRAWN = 1, 6  # the venue's words for "done"


class AccountEndpoints:
    def __init__(
        self, *, exchange: Exchange, faults: Faults, limits: Limits, can_withdraw: bool
    ) -> None:
        self._exchange = exchange
        self._faults = faults
        self._limits = limits
        self._can_withdraw = can_withdraw
        self._lookup = Lookup(connection=exchange.archive.connection)

    def endpoints(self) -> list[Endpoint]:
        def get(path: str, socket_method: str, work: Any, weight: int) -> Endpoint:
            return Endpoint(
                method="GET",
                path=path,
                socket_method=socket_method,
                work=work,
                weight=weight,
                security=Security.SIGNED,
            )

        return [
            get("/api/v3/account", "account.status", self.account, 20),
            get("/api/v3/account/commission", "account.commission", self.commission, 20),
            get("/api/v3/rateLimit/order", "account.rateLimits.orders", self.order_limits, 40),
            get("/sapi/v1/account/apiRestrictions", "", self.restrictions, 1),
            get("/sapi/v1/account/status", "", lambda _: {"data": "Normal"}, 1),
            get("/sapi/v1/asset/tradeFee", "", self.trade_fees, 1),
            get("/sapi/v1/capital/deposit/hisrec", "", self.deposits, 1),
            get("/sapi/v1/capital/withdraw/history", "", self.withdrawals, 1),
            get("/sapi/v1/asset/assetDividend", "", lambda _: {"rows": [], "total": 0}, 10),
            Endpoint(
                method="POST",
                path="/sapi/v3/asset/getUserAsset",
                socket_method="",
                work=self.wallet,
                weight=5,
                security=Security.SIGNED,
            ),
        ]

    def account(self, words: Words) -> dict[str, Any]:
        rate = eight(self._exchange.fees.maker), eight(self._exchange.fees.taker)
        fees = self._exchange.fees
        return {
            "makerCommission": int(fees.maker * 10_000),
            "takerCommission": int(fees.taker * 10_000),
            "buyerCommission": 0,
            "sellerCommission": 0,
            "commissionRates": {
                "maker": rate[0],
                "taker": rate[1],
                "buyer": eight(ZERO),
                "seller": eight(ZERO),
            },
            "canTrade": True,
            "canWithdraw": True,  # the account may; whether the key may is another question
            "canDeposit": True,
            "brokered": False,
            "requireSelfTradePrevention": False,
            "preventSor": False,
            "updateTime": milliseconds(self._exchange.updated_at),
            "accountType": "SPOT",
            "balances": self._balances(without_zeros=flag(words, "omitZeroBalances")),
            "permissions": ["SPOT"],
            "uid": UID,
        }

    def wallet(self, words: Words) -> list[dict[str, str]]:
        """List what is held by another way than the account does."""
        held = self._exchange.engine.state.balances
        wanted = words.get("asset")
        kept = self._faults.spoil_balances(
            [asset for asset in held if held[asset].total], "asset/getUserAsset"
        )
        return [
            {
                "asset": asset,
                "free": _plain(held[asset].free),
                "locked": _plain(held[asset].hold),
                "freeze": "0",
                "withdrawing": "0",
                "ipoable": "0",
                "btcValuation": "0",
            }
            for asset in kept
            if wanted in (None, "", asset)
        ]

    def commission(self, words: Words) -> dict[str, Any]:
        found = listed(words, self._exchange.catalogue)
        nothing = dict.fromkeys(("maker", "taker", "buyer", "seller"), eight(ZERO))
        fees = self._exchange.fees
        return {
            "symbol": found.name,
            "standardCommission": {
                **nothing,
                "maker": eight(fees.maker),
                "taker": eight(fees.taker),
            },
            "specialCommission": nothing,
            "taxCommission": nothing,
            "discount": {
                "enabledForAccount": False,
                "enabledForSymbol": False,
                "discountAsset": "BNB",
                "discount": "0.75000000",
            },
        }

    def order_limits(self, _: Words) -> list[dict[str, Any]]:
        return self._limits.counted(self._exchange.now(), with_orders=True)[:2]

    def restrictions(self, _: Words) -> dict[str, Any]:
        struck = self._faults.strike("can_withdraw", "account/apiRestrictions")
        may_trade = not self._faults.active("cannot_trade", "account/apiRestrictions")
        return {
            "ipRestrict": False,
            "createTime": CREATED,
            "enableReading": True,
            "enableWithdrawals": self._can_withdraw or struck is not None,
            "enableInternalTransfer": False,
            "enableMargin": False,
            "enableFutures": False,
            "permitsUniversalTransfer": False,
            "enableVanillaOptions": False,
            "enableFixApiTrade": False,
            "enableFixReadOnly": False,
            "enableSpotAndMarginTrading": may_trade,
            "enablePortfolioMarginTrading": False,
        }

    def trade_fees(self, words: Words) -> list[dict[str, str]]:
        catalogue = self._exchange.catalogue
        name = words.get("symbol")
        found = [catalogue.named(name)] if name else list(catalogue.symbols)
        if None in found:
            raise bad_symbol()
        fees = self._exchange.fees
        return [
            {
                "symbol": each.name,
                "makerCommission": _plain(fees.maker),
                "takerCommission": _plain(fees.taker),
            }
            for each in found
            if each is not None
        ]

    def deposits(self, words: Words) -> list[dict[str, Any]]:
        return [self._deposit(each) for each in self._transfers(words, LedgerKind.DEPOSIT)]

    def withdrawals(self, words: Words) -> list[dict[str, Any]]:
        return [self._withdrawal(each) for each in self._transfers(words, LedgerKind.WITHDRAWAL)]

    def _balances(self, *, without_zeros: bool) -> list[dict[str, str]]:
        held = self._exchange.engine.state.balances
        assets: Sequence[str] = self._exchange.catalogue.assets
        if without_zeros:
            assets = [asset for asset in assets if held.get(asset, Balance()).total]
        kept = self._faults.spoil_balances(assets, "account", "account.status")
        balances = {asset: held.get(asset, Balance()) for asset in kept}
        return [
            {"asset": asset, "free": eight(balance.free), "locked": eight(balance.hold)}
            for asset, balance in balances.items()
        ]

    def _transfers(self, words: Words, kind: LedgerKind) -> list[Transfer]:
        start, end = moment(words, "startTime"), moment(words, "endTime")
        if start is None:
            start = milliseconds(self._exchange.now() - LOOK_BACK)
        offset = whole(words, "offset") or 0
        count = limit(words, default=MOST_TRANSFERS, most=MOST_TRANSFERS)
        return self._lookup.transfers(
            kind,
            asset=words.get("coin") or None,
            span=(start, end),
            page=slice(offset, offset + count),
        )

    def _deposit(self, transfer: Transfer) -> dict[str, Any]:
        row, at = transfer.row, milliseconds(transfer.row.at)
        return {
            "id": str(row.number),
            "amount": _plain(row.amount),
            "coin": row.asset,
            "network": NETWORKS.get(row.asset, row.asset),
            "status": DEPOSITED,
            "address": "local-deposit-address",
            "addressTag": "",
            "txId": transfer.reference,
            "insertTime": at,
            "completeTime": at,
            "transferType": 0,
            "confirmTimes": "1/1",
            "unlockConfirm": 0,
            "walletType": 0,
        }

    def _withdrawal(self, transfer: Transfer) -> dict[str, Any]:
        row = transfer.row
        at = row.at.strftime("%Y-%m-%d %H:%M:%S")
        return {
            "id": transfer.reference[:32],
            "amount": _plain(-row.amount),
            "transactionFee": "0",
            "coin": row.asset,
            "status": WITHDRAWN,
            "address": "local-withdrawal-address",
            "txId": transfer.reference,
            "applyTime": at,
            "network": NETWORKS.get(row.asset, row.asset),
            "transferType": 0,
            "info": "",
            "confirmNo": 1,
            "walletType": 0,
            "txKey": "",
            "completeTime": at,
        }


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
