"""Whether the venue's books and ours agree to the satoshi, once everything has come to rest."""

from collections.abc import Mapping
from decimal import Decimal

from tests.support.kraken_desk import VENUE, KrakenDesk, differences
from tests.support.local_kraken import LocalKraken
from tests.support.waiting import eventually
from trading.model.identifiers import Asset


async def agree(kraken: LocalKraken, desk: KrakenDesk, *, is_freed: bool = True) -> None:
    """Wait until orders, fills and balances are the same in both books, and nothing is held."""
    last: list[str] = []

    async def do_agree() -> bool:
        last[:] = [
            *await differences(kraken, desk),
            *await _balance_differences(kraken, desk),
            *(f"still reserved: {asset}" for asset in _reserved(desk) if is_freed),
            *(
                f"not at rest: {order.client_order_id} is {order.status}"
                for order in await desk.desk.journal.working()
            ),
        ]
        return not last

    try:
        await eventually(do_agree, every=0.05)
    except AssertionError:
        raise AssertionError(f"the books differ: {last}") from None
    assert await kraken.audit() == []


def _reserved(desk: KrakenDesk) -> Mapping[Asset, Decimal]:
    return desk.reservations.reserved(VENUE)


async def _balance_differences(kraken: LocalKraken, desk: KrakenDesk) -> list[str]:
    book = (await kraken.book())["balances"]
    ours = await desk.manager.balances(VENUE)
    found = {asset: reading.total for asset, reading in ours.readings.items()}
    said = [
        f"{asset}: the venue has {row['total']}, we say {found.get(asset)}"
        for asset, row in book.items()
        if Decimal(row["total"]) != found.get(asset, Decimal(0))
    ]
    if not ours.status.verified:
        said.append(f"the balances are not verified: {ours.status.problems}")
    return said
