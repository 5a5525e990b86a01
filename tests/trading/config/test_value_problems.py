"""Every kind of value says how it is written when it is written wrong."""

import pytest

from tests.trading.config.texts import WHOLE, problems

MINE = '[venues.mine]\nkind = "kraken"\n'

CASES: dict[str, tuple[str, ...]] = {
    "no text where text is due": (
        "[bot]\nbase_currency = 3\nstate_dir = 3\n" + MINE,
        ':2: [bot] base_currency: must be an asset code in quotes, such as "BTC"; was 3',
        ":3: [bot] state_dir: must be a path in quotes, was 3",
    ),
    "no address at all": (
        MINE + "rest_url = 3\n",
        ":3: [venues.mine] rest_url: must be an address in quotes, was 3",
    ),
    "an address with more": (
        MINE + "rest_url = 'https://host.example/?a=1'\n",
        (
            ":3: [venues.mine] rest_url: must be an address without user, query or fragment, was "
            "'https://host.example/?a=1'"
        ),
    ),
    "no quiet at all": (
        WHOLE.replace("owners", "quiet_hours = '22:00-22:00'\nowners"),
        (
            ':7: [telegram] quiet_hours: start and end are the same; write "off" for none, was '
            "'22:00-22:00'"
        ),
    ),
    "hours that are none": (
        WHOLE.replace("owners", "quiet_hours = '22-7'\nowners"),
        ':7: [telegram] quiet_hours: must be "off" or hours such as "22:00-07:00"; was \'22-7\'',
    ),
    "no schedule": (
        MINE + "[rebalance]\nschedule = 3\n",
        (
            ':4: [rebalance] schedule: must be "off", a length of time such as "6h", or a cron '
            'line of five fields such as "30 8 * * mon-fri"; was 3'
        ),
    ),
    "a venue that is no table": (
        "venues = { mine = 3 }\n",
        ":1: [venues] mine: must be a table",
    ),
    "the venues of the rules": (
        MINE + "[rebalance.venues.mine]\nmin_order = 5\n",
        (
            ":3: [rebalance]: a table for one venue is written [rebalance.NAME], NAME being the "
            "venue's"
        ),
    ),
    "an asset that is none": (
        WHOLE.replace("ETH", '"E T H"'),
        (
            ":15: [allocation.kraken] targets.E T H: an asset code was 'E T H'; it is letters and "
            "digits such as BTC or USD"
        ),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_wrong_value_is_one_line_that_shows_a_right_one(case: tuple[str, ...]) -> None:
    text, *told = case
    assert problems(text) == tuple(f"config.toml{problem}" for problem in told)
