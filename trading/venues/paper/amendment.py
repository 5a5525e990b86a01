"""What of an open order shall change."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """None leaves a thing as it is. With `post_only` it is refused rather than trade at once."""

    order_id: str
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    post_only: bool = False
