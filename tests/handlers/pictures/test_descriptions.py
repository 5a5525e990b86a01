"""What pictures show: nothing is lost, nothing is made up, and all of it can be drawn."""

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from handlers.pictures.draw import draw
from handlers.pictures.profits import MOST_POINTS, describe_profits, thinned
from handlers.pictures.rebalancing import MOST_BARS, describe_rebalance
from handlers.pictures.specs import Chart, Look, Sign, Style, decode, encode
from tests.handlers.pictures.cases import (
    NOW,
    ZERO,
    crowded,
    profits,
    proposal,
    row,
    usual,
)
from trading.intents.pnl import PnlView
from trading.portfolio.plan import PlanRow

SHADE = Decimal("0.0001")


@st.composite
def portfolios(draw_from: st.DrawFn) -> tuple[list[PlanRow], Decimal]:
    """Return rows whose weights add up to one before and after, the base currency last."""
    count = draw_from(st.integers(min_value=1, max_value=40))
    nav = draw_from(st.decimals(min_value="0.01", max_value="1e9", places=2))
    parts = st.lists(st.integers(0, 10_000), min_size=count, max_size=count)
    before, after = draw_from(parts), draw_from(parts)
    rows = []
    for number in range(count):
        is_base = number == count - 1
        weights = [
            Decimal(side[number] + is_base) / Decimal(sum(side) + 1) for side in (before, after)
        ]
        name = "USD" if is_base else f"A{number}"
        band = None if is_base else "0.02"
        rows.append(row(name, str(weights[0]), str(weights[1]), "0.05", nav=nav, band=band))
    return rows, nav


@given(portfolios())
def test_weights_add_up_and_rows_keep_their_order(
    portfolio: tuple[list[PlanRow], Decimal],
) -> None:
    rows, nav = portfolio
    chart = describe_rebalance(proposal(rows, nav=nav), zone=UTC)
    assert len(chart.bars) == min(len(rows), MOST_BARS)
    before = sum((Decimal(bar.before) for bar in chart.bars), ZERO)
    after = sum((Decimal(bar.after) for bar in chart.bars), ZERO)
    assert abs(before - 1) < SHADE
    assert abs(after - 1) < SHADE
    names = [each.asset for each in rows]
    own = [bar.asset for bar in chart.bars if not bar.is_sum]
    assert own == [name for name in names if name in own]
    assert chart.bars[-1].asset == "USD"
    assert sum(bar.is_sum for bar in chart.bars) == (len(rows) > MOST_BARS)


@given(portfolios())
def test_signs_follow_the_money(portfolio: tuple[list[PlanRow], Decimal]) -> None:
    rows, nav = portfolio
    chart = describe_rebalance(proposal(rows, nav=nav), zone=UTC)
    changes = {str(each.asset): each.value_after - each.value_before for each in rows}
    for bar in (bar for bar in chart.bars if not bar.is_sum):
        change = changes[bar.asset]
        if bar.sign is Sign.NONE:
            assert abs(change) <= Decimal("0.005")
            assert bar.change == "="
        else:
            assert bar.change[0] == ("+" if change > 0 else "−")


def test_a_plan_is_described_with_its_money_and_where_it_comes_from() -> None:
    chart = describe_rebalance(usual(), zone=ZoneInfo("Europe/Berlin"))
    assert (chart.title, chart.headline) == ("Rebalance · kraken", "12,345.67 USD")
    assert chart.moment == "05 Jan 13:00:00 CET"
    assert chart.details == (
        "trades 519.75 USD (4.21 %) in 2 orders",
        "cost about 1.35 USD (0.01 %)",
    )
    assert chart.footer == (
        "money in USD · balances: exchange, 3 s old · prices: kraken's own books",
    )
    btc, *_, usd = chart.bars
    assert (btc.asset, btc.percent_before, btc.percent_after) == ("BTC", "42.3 %", "40.0 %")
    assert (btc.money_before, btc.money_after, btc.change) == ("5,223.45", "4,935.80", "−287.65")
    assert (btc.target, btc.band) == ("0.400000", "0.020000")
    assert (usd.asset, usd.band, usd.sign) == ("USD", None, Sign.UP)


def test_a_plan_without_orders_says_so() -> None:
    nav = Decimal(100)
    calm = proposal([row("USD", "1", "1", "1", nav=nav, band=None)], nav=nav)
    (words,) = describe_rebalance(calm, zone=UTC).details
    assert words.startswith("nothing to trade")


def test_what_limited_a_plan_is_said() -> None:
    assert "limited by turnover" in describe_rebalance(crowded(5), zone=UTC).details[-1]


@given(
    st.lists(st.integers(-1000, 1000), max_size=1500),
    st.integers(min_value=10, max_value=400),
)
def test_thinning_keeps_the_ends_and_the_extremes(totals: list[int], most: int) -> None:
    points = [(NOW + timedelta(minutes=n), Decimal(total)) for n, total in enumerate(totals)]
    kept = thinned(points, most)
    assert len(kept) <= max(most, min(len(points), 5))
    assert list(kept) == sorted(kept, key=lambda point: point[0])
    assert set(kept) <= set(points)
    if points:
        assert (kept[0], kept[-1]) == (points[0], points[-1])
        amounts = [total for _, total in points]
        shown = [total for _, total in kept]
        assert (min(shown), max(shown)) == (min(amounts), max(amounts))


def test_the_curve_begins_with_nothing_and_holds_until_now() -> None:
    view = profits(("10", "-4"), unrealised="5", fees="2")
    (panel,) = describe_profits([view], zone=UTC).panels
    amounts = [Decimal(total) for _, total in panel.points]
    assert amounts == [0, 10, 6, 6]
    assert view.since is not None
    assert float(panel.points[0][0]) == view.since.timestamp()
    assert float(panel.points[-1][0]) == NOW.timestamp()
    assert (panel.headline, panel.sign) == ("+11.00 USD", Sign.UP)
    assert (panel.with_unrealised, panel.before_fees) == ("11", "13")
    assert [card.value for card in panel.cards[3:]] == ["+6.00", "+5.00", "2.00"]


def test_unknown_is_never_nothing() -> None:
    view = profits(unrealised=None, fees=None)
    (panel,) = describe_profits([view], zone=UTC).panels
    assert panel.headline == "unknown"
    assert (panel.with_unrealised, panel.before_fees) == (None, None)
    assert [card.value for card in panel.cards[4:]] == ["unknown", "unknown"]
    assert panel.empty is None


def without_fills(view: PnlView) -> PnlView:
    return replace(view, since=None, fills=0)


def without_rate(view: PnlView) -> PnlView:
    return replace(view, totals=replace(view.totals, realised=None))


def unsold(view: PnlView) -> PnlView:
    return replace(view, totals=replace(view.totals, realised=ZERO, unrealised=ZERO))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without_fills, "No trade is booked yet."),
        (without_rate, "cannot be converted"),
        (unsold, "Nothing is realised yet."),
    ],
    ids=["no fill", "no rate", "nothing sold"],
)
def test_without_a_curve_it_says_why(change: Callable[[PnlView], PnlView], words: str) -> None:
    chart = describe_profits([change(profits(()))], zone=UTC)
    (panel,) = chart.panels
    assert panel.empty is not None
    assert words in panel.empty
    assert panel.points == ()
    assert size(chart)[0] == 1080


def size(chart: Chart, style: Style | None = None) -> tuple[int, int]:
    with Image.open(io.BytesIO(draw(encode(chart, style or Style())))) as image:
        return image.size


@pytest.mark.parametrize("look", list(Look))
@pytest.mark.parametrize("fonts", [("no such font.ttf",), ("DejaVuSans.ttf",)], ids=str)
def test_everything_is_drawn_in_each_look_and_font(look: Look, fonts: tuple[str, ...]) -> None:
    style = Style(look=look, fonts=fonts, bold_fonts=fonts)
    charts: Sequence[Chart] = (
        describe_rebalance(usual(), zone=UTC),
        describe_rebalance(crowded(30), zone=UTC),
        describe_profits([profits(), profits((), unrealised=None)], zone=UTC),
    )
    for chart in charts:
        width, height = size(chart, style)
        assert width == 1080
        assert width + height <= 10_000


def test_a_description_survives_the_way_to_the_child() -> None:
    style = Style(look=Look.LIGHT)
    charts: Sequence[Chart] = (
        describe_rebalance(crowded(30), zone=UTC),
        describe_profits([profits()], zone=UTC),
    )
    for chart in charts:
        assert decode(encode(chart, style)) == (chart, style)


def test_an_unknown_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="no picture of the kind"):
        decode(
            encode(describe_rebalance(usual(), zone=UTC), Style()).replace(b'"bars"', b'"x"', 1)
        )


def test_many_points_are_thinned_before_they_are_sent() -> None:
    (panel,) = describe_profits([profits(("1",) * 5000)], zone=UTC).panels
    assert len(panel.points) <= MOST_POINTS
    assert panel.points[-1][1] == "5000"
