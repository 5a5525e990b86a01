"""Every mistake gets one clear line with its place."""

import pytest

from tests.trading.config.texts import WHOLE, problems

MINE = '[venues.mine]\nkind = "kraken"\n'

CASES: dict[str, tuple[str, ...]] = {
    "unknown table": (
        MINE + "[telegramm]\n",
        ":3: [telegramm]: there is no such table; did you mean 'telegram'?",
    ),
    "table of a later version": (
        MINE + "[news]\nfeeds = []\n",
        ":3: [news]: this table is not available in this version; remove it",
    ),
    "unknown key": (
        "[bot]\nbase_curency = 'USD'\n" + MINE,
        ":2: [bot] base_curency: there is no such key; did you mean 'base_currency'?",
    ),
    "unknown key far from any": (
        MINE + "colour = 'red'\n",
        (
            ":3: [venues.mine] colour: there is no such key; "
            "there are: kind, key, secret, rest_url, ws_url, ws_auth_url, streams, tier, timeout, "
            "nonce_buffer_microseconds, allow_withdrawal_key, dead_man_switch"
        ),
    ),
    "unknown key in an inline table": (
        WHOLE.replace("owners", "notify = { fill = true }\nowners"),
        ":7: [telegram] notify.fill: there is no such key; did you mean 'fills'?",
    ),
    "wrong word": (
        "[bot]\nmode = 'papr'\n" + MINE,
        ":2: [bot] mode: must be 'paper' or 'live'; was 'papr'; did you mean 'paper'?",
    ),
    "text for true": (
        "[bot]\ntrading_enabled = 'yes'\n" + MINE,
        ":2: [bot] trading_enabled: must be true or false, without quotes; was 'yes'",
    ),
    "text for a number": (
        WHOLE.replace("[1001]", "['1001']"),
        ":7: [telegram] owners.0: must be a whole number, without quotes; was '1001'",
    ),
    "a number for a list": (
        WHOLE.replace("[1001]", "1001"),
        ":7: [telegram] owners: must be a list, such as [1, 2]; was 1001",
    ),
    "a group as owner": (
        WHOLE.replace("[1001]", "[-1001]"),
        ":7: [telegram] owners.0: must be more than 0; was -1001",
    ),
    "a value for a table": (
        "bot = 3\n" + MINE,
        ":1: bot: must be a table",
    ),
    "a number for a duration": (
        MINE + "[jobs]\nheartbeat = 60\n",
        (
            ":4: [jobs] heartbeat: must be a length of time in quotes, such as "
            '"90s", "5m" or "1h30m"; was 60'
        ),
    ),
    "too short a duration": (
        MINE + "[jobs]\nheartbeat = '10ms'\n",
        ":4: [jobs] heartbeat: must be at least 1 second; was 10ms",
    ),
    "a percentage": (
        WHOLE.replace("0.5", "'50%'"),
        (
            ":15: [allocation.kraken] targets.BTC: must be a number without quotes, such "
            "as 0.25; was '50%'; a percentage is written as a fraction: 5 % is 0.05"
        ),
    ),
    "not a number": (
        WHOLE.replace("0.5", "nan"),
        (
            ":15: [allocation.kraken] targets.BTC: must be a number without quotes, such "
            "as 0.25; was Decimal('NaN')"
        ),
    ),
    "true for a number": (
        WHOLE.replace("0.5", "true"),
        (
            ":15: [allocation.kraken] targets.BTC: must be a number without quotes, such "
            "as 0.25; was True"
        ),
    ),
    "targets above one": (
        WHOLE.replace("0.3", "0.51"),
        ":15: [allocation.kraken] targets: add up to 1.01, which is 0.01 more than 1",
    ),
    "a target twice": (
        WHOLE.replace("ETH", "btc"),
        ":15: [allocation.kraken] targets: names one asset twice: BTC and btc",
    ),
    "a target for the base": (
        WHOLE.replace("ETH", "usd"),
        (
            ":15: [allocation.kraken] targets.USD: USD is the base currency here: it gets "
            "what the others leave"
        ),
    ),
    "a target that is excluded": (
        WHOLE + "[rebalance]\nexcluded = ['eth']\n",
        (":15: [allocation.kraken] targets.ETH: ETH has a target and is excluded in [rebalance]"),
    ),
    "no venue": (
        WHOLE.split("[venues")[0],
        ": [venues]: there is no venue; add a table such as [venues.kraken]",
    ),
    "no kind": (
        "[venues.kraken]\nkey = 'x'\n",
        (
            ":1: [venues.kraken]: kind is missing; it says whose account this is "
            "(available: kraken, binance)"
        ),
    ),
    "an unknown kind": (
        "[venues.kraken]\nkind = 'kracken'\n",
        ":1: [venues.kraken]: kind was 'kracken'; did you mean 'kraken'?",
    ),
    "a kind of a later version": (
        "[venues.ib]\nkind = 'ibkr'\n",
        (
            ":1: [venues.ib]: kind 'ibkr' is not available in this version; "
            "available: kraken, binance"
        ),
    ),
    "a venue's name": (
        "[venues.'My Kraken']\nkind = 'kraken'\n",
        (
            ":1: [venues.My Kraken]: a venue's name is small letters, digits, - and _, "
            "such as kraken; was 'My Kraken'"
        ),
    ),
    "an allocation for nothing": (
        WHOLE.replace("[allocation.kraken]", "[allocation.krakn]"),
        ":14: [allocation.krakn]: there is no venue 'krakn'; did you mean 'kraken'?",
    ),
    "rules for nothing": (
        WHOLE + "[rebalance.other]\nmin_order = 5\n",
        ":16: [rebalance.other]: there is no venue 'other'; add [venues.other]",
    ),
    "live said once": (
        WHOLE.replace("live_confirmed = true", "live_confirmed = false"),
        (
            ':3: [bot] live_confirmed: is false while mode = "live"; set it to true to '
            "trade with real money"
        ),
    ),
    "live without a key": (
        WHOLE.replace('key = "the key"\n', ""),
        ':9: [venues.kraken] key: is missing; mode = "live" needs it',
    ),
    "an account on paper at no venue": (
        WHOLE + "[paper.krakn]\nbalances = { USD = 1 }\n",
        ":16: [paper.krakn]: there is no venue 'krakn'; did you mean 'kraken'?",
    ),
    "an account on paper that names one asset twice": (
        WHOLE + "[paper.kraken]\nbalances = { btc = 1, BTC = 2 }\n",
        ":17: [paper.kraken] balances: names one asset twice: btc and BTC",
    ),
    "a secret that cannot sign": (
        WHOLE.replace("c2VjcmV0", "not base64"),
        (":12: [venues.kraken] secret: is not the private key as Kraken shows it (base64)"),
    ),
    "an empty secret": (
        WHOLE.replace("the key", ""),
        ":11: [venues.kraken] key: it is empty",
    ),
    "a token of another shape": (
        WHOLE.replace("123:demo", "hunter2"),
        (
            ":6: [telegram] token: is not a bot token; @BotFather shows it as digits, a "
            "colon and letters"
        ),
    ),
    "no token": (
        WHOLE.replace('token = "123:demo"\n', ""),
        ":5: [telegram] token: is missing: The bot's token, from @BotFather.",
    ),
    "an environment variable that is not set": (
        WHOLE.replace('"123:demo"', "{ env = 'TOKEN' }"),
        ":6: [telegram] token: the environment variable TOKEN is not set or empty",
    ),
    "a topic without its group": (
        WHOLE.replace("owners", "thread_id = 7\nowners"),
        ":5: [telegram]: thread_id is a topic of a group: set chat_id too",
    ),
    "a plain address": (
        MINE + "rest_url = 'http://kraken.example'\n",
        (
            ":3: [venues.mine] rest_url: must start with https://, since kraken.example "
            "is not this machine; was 'http://kraken.example'"
        ),
    ),
    "no address": (
        MINE + "rest_url = 'kraken.example'\n",
        (
            ":3: [venues.mine] rest_url: must be an address such as https://host.example, "
            "was 'kraken.example'"
        ),
    ),
    "a port that is none": (
        MINE + "rest_url = 'https://kraken.example:99999'\n",
        (
            ":3: [venues.mine] rest_url: must be an address such as https://host.example, "
            "was 'https://kraken.example:99999'"
        ),
    ),
    "a socket that is none": (
        MINE + "ws_url = 'https://kraken.example'\n",
        ":3: [venues.mine] ws_url: must start with wss://, was 'https://kraken.example'",
    ),
    "sockets of two venues": (
        MINE + "rest_url = 'http://127.0.0.1:9'\nws_url = 'ws://127.0.0.1:9/v2'\n",
        (
            ":1: [venues.mine]: ws_auth_url would be Kraken's own and the rest not: set all of "
            "rest_url, ws_url, ws_auth_url, or streams = false"
        ),
    ),
    "an unknown timezone": (
        "[bot]\ntimezone = 'Mars/Base'\n" + MINE,
        (
            ':2: [bot] timezone: must be a timezone such as "UTC" or "Europe/Berlin"; '
            "was 'Mars/Base'"
        ),
    ),
    "balances stale in between": (
        WHOLE + "[jobs]\nbalance_sync = '1m'\n",
        (
            ":17: [jobs] balance_sync: must be shorter than risk.balance_max_age, else "
            "balances are stale in between"
        ),
    ),
    "a venue named like a key": (
        MINE + "[rebalance.min_order]\n",
        (":3: [rebalance]: a venue cannot be named min_order, which is a key of [rebalance]"),
    ),
    "a rule that every venue inherits, told once": (
        MINE + "[rebalance]\nmin_order = -1\n[rebalance.mine]\nband_abs = 0.1\n",
        ":4: [rebalance] min_order: must be at least 0; was -1",
    ),
    "a wrong rule of one venue": (
        MINE + "[rebalance.mine]\nband_abs = 2\n",
        ":4: [rebalance.mine] band_abs: must be at most 1; was 2",
    ),
    "waits that shrink": (
        MINE + "[risk]\nbreaker_max_wait = '2s'\n",
        ":3: [risk]: breaker_max_wait is shorter than breaker_wait",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_mistake_is_one_line_with_its_place(case: tuple[str, ...]) -> None:
    text, *told = case
    assert problems(text) == tuple(f"config.toml{problem}" for problem in told)


@pytest.mark.parametrize("secret", ["123:demo", "the key", "c2VjcmV0"])
def test_no_problem_shows_a_secret(secret: str) -> None:
    text = WHOLE.replace("live_confirmed = true", "live_confirmed = 3").replace("owners", "owner")
    told = "\n".join(problems(text, exposed="others may read it"))
    assert "others may read it" in told
    assert secret not in told
