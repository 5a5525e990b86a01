"""A reload takes over what is hot, says what waits, and is never half wrong."""

import pytest

from tests.trading.config.texts import WHOLE, read
from trading.config.description import fingerprint, leaves, secrets, settings
from trading.config.reload import HOT, changed_keys, is_hot, plan_reload


def test_hot_keys_are_in_force_at_once() -> None:
    old = read(WHOLE)
    new = read(WHOLE.replace("ETH = 0.3", "ETH = 0.2").replace("[1001]", "[1001, 1002]"))
    reload = plan_reload(old, new)
    assert reload.in_force == new
    assert reload.applied == ("allocation.kraken.targets", "telegram.owners")
    assert reload.restart_needed == ()


def test_cold_keys_stay_as_they_were() -> None:
    old = read(WHOLE)
    text = WHOLE.replace("the key", "another key").replace("[bot]", "[bot]\ntimezone='Asia/Tokyo'")
    reload = plan_reload(old, read(text + "[rebalance]\nmin_order = 25\n"))
    assert reload.applied == ("rebalance.min_order",)
    assert reload.restart_needed == ("bot.timezone", "venues.kraken.key")
    assert changed_keys(old, reload.in_force) == ("rebalance.min_order",)


def test_nothing_changed_is_nothing_done() -> None:
    reload = plan_reload(read(WHOLE), read(WHOLE))
    assert (reload.applied, reload.restart_needed) == ((), ())


def test_targets_of_a_venue_that_only_a_restart_brings_wait_with_it() -> None:
    old = read(WHOLE)
    added = '[venues.mine]\nkind = "kraken"\nkey = "k"\nsecret = "c2Vj"\n'
    added += "[allocation.mine]\ntargets = { BTC = 1 }\n"
    reload = plan_reload(old, read(WHOLE.replace("0.5", "0.4") + added))
    assert reload.in_force is old
    assert reload.applied == ()
    assert {"allocation.kraken.targets", "venues.mine.kind"} <= set(reload.restart_needed)


def test_a_venue_may_get_and_lose_its_own_rules() -> None:
    plain, own = read(WHOLE), read(WHOLE + "[rebalance.kraken]\nband_abs = 0.1\n")
    for old, new in ((plain, own), (own, plain)):
        reload = plan_reload(old, new)
        assert reload.in_force == new
        assert reload.restart_needed == ()


def test_a_venue_may_get_its_first_targets() -> None:
    without = read(WHOLE.split("[allocation")[0])
    reload = plan_reload(without, read(WHOLE))
    assert reload.in_force.allocation == read(WHOLE).allocation
    reload = plan_reload(without, read(WHOLE + 'base = "EUR"\n'))
    assert reload.in_force.allocation == {}
    assert "allocation.kraken.base" in reload.restart_needed


def test_losing_the_chat_waits_for_a_restart() -> None:
    reload = plan_reload(
        read(WHOLE), read(WHOLE.replace('[telegram]\ntoken = "123:demo"\nowners = [1001]\n', ""))
    )
    assert reload.in_force.telegram is not None
    assert "telegram.token" in reload.restart_needed


@pytest.mark.parametrize("pattern", HOT)
def test_every_hot_pattern_names_something(pattern: str) -> None:
    text = WHOLE + "[rebalance.kraken]\nband_abs = 0.1\n[signals.kraken]\nstrategy = 'trend'\n"
    prefix = pattern.split("*", maxsplit=1)[0]
    assert [key for key in leaves(read(text)) if key.startswith(prefix) and is_hot(key)]


def test_no_secret_and_no_address_is_hot() -> None:
    assert not [
        key
        for key in leaves(read(WHOLE))
        if is_hot(key)
        and key.rsplit(".", 1)[-1] in {"token", "key", "secret", "state_dir", "mode"}
    ]


def test_the_fingerprint_changes_with_settings_and_not_with_secrets() -> None:
    print_of_whole = fingerprint(read(WHOLE))
    assert fingerprint(read(WHOLE)) == print_of_whole
    assert fingerprint(read(WHOLE.replace("the key", "other"))) == print_of_whole
    assert fingerprint(read(WHOLE.replace("0.3", "0.31"))) != print_of_whole


def test_settings_are_shown_without_secrets_and_rules_only_once() -> None:
    shown = settings(read(WHOLE + "[rebalance.kraken]\nband_abs = 0.1\nmin_order = 10\n"))
    values = {setting.key: setting.value for setting in shown}
    assert values["telegram.token"] == "set"
    assert values["allocation.kraken.targets"] == "BTC 0.5, ETH 0.3"
    assert values["telegram.max_command_age"] == "5m"
    assert values["telegram.viewers"] == "none"
    assert [key for key in values if key.startswith("rebalance.kraken")] == [
        "rebalance.kraken.band_abs"
    ]
    given = {setting.key for setting in shown if not setting.is_default}
    assert {"bot.mode", "telegram.owners", "rebalance.kraken.band_abs"} <= given
    assert "jobs.cleanup" not in given


def test_every_secret_is_known_to_who_hides_them() -> None:
    assert secrets(read(WHOLE)) == {"123:demo", "the key", "c2VjcmV0"}
