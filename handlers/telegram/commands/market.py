"""/price, /chart, /candles: what the market does, and what we did in it."""

from __future__ import annotations

import logging

from handlers.rendering import chart as rendering
from handlers.rendering.prices import prices as render_prices
from handlers.telegram.answers import Answer, Button, Document, Keyboard, view_button
from handlers.telegram.commands.arguments import find_venue, require_venue
from handlers.telegram.commands.command import Command, Context, Group
from trading.errors import NotUnderstood, PictureNotDrawn
from trading.intents.chart import CandleWish, ChartView
from trading.model.candles import CandleInterval

_log = logging.getLogger(__name__)

_INTERVALS = {each.value: each for each in CandleInterval}
_ROWS = (
    (CandleInterval.MINUTE, CandleInterval.FIVE_MINUTES, CandleInterval.QUARTER_HOUR),
    (CandleInterval.HOUR, CandleInterval.FOUR_HOURS, CandleInterval.DAY),
)
_CANDLES = "SYMBOL [INTERVAL] [VENUE]"


async def price(context: Context) -> Answer:
    """Prices of assets or symbols, with spread, age and the change of a day."""
    names = list(context.line.arguments)
    venue = find_venue(names[-1], context.services.venues) if len(names) > 1 else None
    if venue is not None:
        del names[-1]
    if not names:
        raise NotUnderstood("An asset or a symbol is needed, such as BTC or ETH/BTC.")
    view = await context.services.prices.prices(names, venue)
    return Answer(text=render_prices(view), keyboard=context.refresh())


async def chart(context: Context) -> Answer:
    """The candles of a market with our fills marked; another interval in the same message."""
    wish = _wish(context)
    await context.reply.typing()
    view = await context.services.charts.show(wish)
    return Answer(
        text=rendering.caption(view),
        keyboard=_buttons(context, view),
        picture=await _picture(context, view),
    )


async def candles(context: Context) -> None:
    """The closed candles as a file."""
    wish = _wish(context)
    await context.reply.typing()
    found = await context.services.charts.export(wish)
    await context.reply.add(
        Answer(
            text=rendering.file(found, context.zone),
            document=Document(name=found.name, content=found.content),
        )
    )


async def _picture(context: Context, view: ChartView) -> bytes | None:
    """Draw it; the figures stand without it."""
    try:
        return await context.services.charts.picture(view)
    except PictureNotDrawn:
        _log.exception("candles not drawn")
        return None


def _wish(context: Context) -> CandleWish:
    """Read SYMBOL [INTERVAL] [VENUE], the last two in any order."""
    name, *others = context.line.arguments or ("",)
    if not name:
        raise NotUnderstood("A symbol is needed, such as BTC/USD; then perhaps 5m, 1h or 1d.")
    wish = CandleWish(name=name)
    interval, venue = wish.interval, wish.venue
    for text in others:
        if text.lower() in _INTERVALS:
            interval = _INTERVALS[text.lower()]
        elif text[:1].isdigit():
            known = ", ".join(_INTERVALS)
            raise NotUnderstood(
                f"There are no candles of {text!r}. Nothing was done. Try {known}."
            )
        else:
            venue = require_venue(text, context.services.venues)
    return CandleWish(name=name, interval=interval, venue=venue)


def _buttons(context: Context, view: ChartView) -> Keyboard:
    """The intervals, the one that is shown marked; the same again; the file."""
    series = view.series
    rows = []
    for intervals in _ROWS:
        row: list[Button] = []
        for interval in intervals:
            label = f"• {interval}" if interval is series.interval else interval.value
            words = (str(series.symbol), interval.value, series.venue)
            row += [button for each in view_button(label, "chart", words) for button in each]
        rows.append(tuple(row))
    words = (str(series.symbol), series.interval.value, series.venue)
    saving = view_button("⬇ CSV", "candles", words)
    last = [button for each in (*context.refresh(), *saving) for button in each]
    return tuple(row for row in (*rows, tuple(last)) if row)


COMMANDS = (
    Command(
        name="price",
        summary="Prices with spread, age and change",
        group=Group.MONEY,
        usage="ASSET|SYMBOL... [VENUE]",
        run=price,
        details=(
            "Several at once cost one question. What there is no price of is named with the "
            "reason; the others stand."
        ),
    ),
    Command(
        name="chart",
        summary="Candles with our fills, a picture",
        group=Group.MONEY,
        usage=_CANDLES,
        run=chart,
        details=(
            f"The intervals are {', '.join(_INTERVALS)}; without one it is 1h. Triangles are our "
            "fills at their time and average price: upwards bought, downwards sold. The last "
            "candle is hollow while it still runs. While the venue does not answer, stored "
            "candles are shown, and said to be that."
        ),
    ),
    Command(
        name="candles",
        summary="Candles as a CSV file",
        group=Group.MONEY,
        usage=_CANDLES,
        run=candles,
        details=(
            "Closed candles only, the last twenty thousand at most, times in UTC, volume in the "
            "base asset. What is stored goes further back than what a venue tells."
        ),
    ),
)
