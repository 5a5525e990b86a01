"""The configuration's wishes arrive at the parts as they were written, venue by venue."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from composition import wishes
from composition.jobs import job_schedules, rebalance_job
from composition.telegram import access, destination, muted_kinds
from tests.composition.configurations import ALONE, PLAIN, configuration
from trading.config.schedule import Every
from trading.model.identifiers import Asset, VenueName
from trading.model.risk import LimitAction, LimitName

KRAKEN, OTHER = VenueName("kraken"), VenueName("other")


def test_each_venue_is_valued_in_its_own_base(tmp_path: Path) -> None:
    assert wishes.bases(configuration(tmp_path)) == {KRAKEN: Asset("USD"), OTHER: Asset("EUR")}


def test_targets_and_rules_are_those_of_the_venue(tmp_path: Path) -> None:
    allocations = wishes.venue_allocations(configuration(tmp_path))
    kraken, other = allocations[KRAKEN], allocations[OTHER]
    assert kraken.targets.weights == {Asset("BTC"): Decimal("0.4"), Asset("ETH"): Decimal("0.25")}
    assert kraken.settings.band_abs == Decimal("0.03")
    assert kraken.cooldown == timedelta(minutes=5)
    assert other.targets.base == Asset("EUR")
    assert other.targets.excluded == {Asset("ETH")}
    assert other.settings.band_abs == Decimal("0.05")
    assert other.cooldown == timedelta(minutes=5), "not overridden, so as for all"


def test_what_is_shown_is_what_is_traded(tmp_path: Path) -> None:
    loaded = configuration(tmp_path)
    traded = wishes.venue_allocations(loaded)
    for venue, shown in wishes.shown_allocations(loaded).items():
        assert shown.targets == traded[venue].targets
        assert shown.settings == traded[venue].settings


def test_a_venue_without_targets_is_never_traded(tmp_path: Path) -> None:
    text = PLAIN.replace('[allocation.other]\nbase = "EUR"\ntargets = { BTC = 1 }\n', "")
    text = text.replace('[rebalance.other]\nband_abs = 0.05\nschedule = "off"\n', "")
    text = text.replace('excluded = ["ETH"]\n', "")
    assert "other" in text
    assert set(wishes.venue_allocations(configuration(tmp_path, text))) == {KRAKEN}


def test_the_buffer_is_one_for_planner_and_executor(tmp_path: Path) -> None:
    loaded = configuration(tmp_path)
    assert wishes.execution_settings(loaded).buffer_fraction == Decimal("0.05")
    assert wishes.venue_allocations(loaded)[KRAKEN].settings.order_buffer == Decimal("0.05")


def test_limits_are_handed_on_in_seconds_and_fractions(tmp_path: Path) -> None:
    loaded = configuration(tmp_path)
    prices, breakers = wishes.price_limits(loaded), wishes.breaker_policy(loaded)
    assert (prices.max_age_seconds, prices.max_jump_fraction) == (3.0, Decimal("0.1"))
    assert wishes.execution_settings(loaded).freshness_seconds == 40.0
    assert (breakers.threshold, breakers.first_wait_seconds, breakers.longest_wait_seconds) == (
        3,
        2.0,
        60.0,
    )


OF_A_VENUE = ("balance_sync", "trading_loop", "price_scan")


def test_each_venue_has_jobs_of_its_own(tmp_path: Path) -> None:
    schedules = job_schedules(configuration(tmp_path))
    assert schedules[rebalance_job(KRAKEN)] == Every(interval=timedelta(seconds=30))
    assert schedules[rebalance_job(OTHER)] is None, "off: only when asked"
    own = {f"{job}_{venue}" for job in OF_A_VENUE for venue in (KRAKEN, OTHER)}
    assert own | {"candles", "heartbeat", "cleanup"} <= set(schedules)


def test_the_jobs_of_an_only_venue_need_not_name_it(tmp_path: Path) -> None:
    assert set(OF_A_VENUE) <= set(job_schedules(configuration(tmp_path, ALONE)))


def test_messages_go_to_the_first_owner_or_to_the_group(tmp_path: Path) -> None:
    section = configuration(tmp_path).telegram
    assert section is not None
    assert destination(section).chat_id == 1001
    assert access(section, is_pairing=False).owners == {1001, 1004}
    assert muted_kinds(section) == frozenset()
    text = PLAIN.replace(
        "viewers = [1002]", "chat_id = -1001\nnotify = { fills = false, orders = false }"
    )
    section = configuration(tmp_path, text).telegram
    assert section is not None
    assert destination(section).chat_id == -1001
    assert muted_kinds(section) == {"fill", "order", "external_order"}


def test_what_a_venue_s_owner_allows_is_his_word_alone(tmp_path: Path) -> None:
    assert wishes.allowed_keys(configuration(tmp_path)) == {KRAKEN: False, OTHER: False}
    assert wishes.dead_man_venues(configuration(tmp_path)) == frozenset()
    wish = "allow_withdrawal_key = true\ndead_man_switch = true\n[venues.other]"
    loaded = configuration(tmp_path, PLAIN.replace("[venues.other]", wish))
    assert wishes.allowed_keys(loaded) == {KRAKEN: True, OTHER: False}
    assert wishes.dead_man_venues(loaded) == {KRAKEN}


def test_what_may_be_risked_is_as_it_is_written(tmp_path: Path) -> None:
    text = PLAIN + (
        "max_order_notional = 250\nmax_exposure = 0.5\nexposure_of = { BTC = 0.7 }\n"
        'max_drawdown = "off"\non_exposure = "reducing"\n'
    )
    limits = wishes.risk_limits(configuration(tmp_path, text))
    assert limits.max_order_notional == 250
    assert limits.exposure_limit(Asset("BTC")) == Decimal("0.7")
    assert limits.exposure_limit(Asset("ETH")) == Decimal("0.5")
    assert limits.max_drawdown is None
    assert limits.action(LimitName.EXPOSURE) is LimitAction.REDUCING
    assert limits.action(LimitName.DRAWDOWN) is LimitAction.HALTED
