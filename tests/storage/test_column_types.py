"""Money is kept digit for digit and time to the microsecond; anything doubtful is refused."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    Table,
    create_engine,
    insert,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError, StatementError

from storage.column_types import Amount, Flag, Moment
from storage.errors import StoredValueInvalid

TABLE = Table(
    "kept",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("amount", Amount),
    Column("moment", Moment),
    Column("flag", Flag),
    sqlite_strict=True,
)


def engine() -> Engine:
    made = create_engine("sqlite://")
    TABLE.metadata.create_all(made)
    return made


def kept(column: str, value: Any) -> Any:
    made = engine()
    with made.begin() as connection:
        connection.execute(insert(TABLE), {column: value})
        result = connection.execute(select(TABLE.c[column])).scalar_one()
    made.dispose()
    return result


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_an_amount_comes_back_digit_for_digit(amount: Decimal) -> None:
    assert kept("amount", amount).as_tuple() == amount.as_tuple()


@pytest.mark.parametrize(
    "amount",
    [
        Decimal("0E-8"),
        Decimal("1E+3"),
        Decimal("-0.00"),
        Decimal("123456789012345678.123456789012345678"),
    ],
    ids=str,
)
def test_the_exponent_is_kept_too(amount: Decimal) -> None:
    assert str(kept("amount", amount)) == str(amount)


@pytest.mark.parametrize(
    "value", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), 0.1, 1, True, "1.0"], ids=repr
)
def test_what_is_no_exact_amount_is_refused(value: object) -> None:
    with pytest.raises(StatementError) as refused:
        kept("amount", value)
    assert isinstance(refused.value.orig, StoredValueInvalid)


ZONES = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours, minutes=30)))
MOMENTS = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001 - as above
    timezones=ZONES,
)


@given(MOMENTS)
def test_a_moment_comes_back_in_utc_to_the_microsecond(moment: datetime) -> None:
    found = kept("moment", moment)
    assert found == moment
    assert found.tzinfo is UTC


@given(MOMENTS, MOMENTS)
def test_text_order_is_time_order(one: datetime, other: datetime) -> None:
    made = engine()
    with made.begin() as connection:
        connection.execute(insert(TABLE), [{"moment": one}, {"moment": other}])
        found = connection.execute(select(TABLE.c.moment).order_by(TABLE.c.moment)).scalars().all()
    made.dispose()
    assert found == sorted((one, other))


@pytest.mark.parametrize(
    "value",
    [datetime(2026, 1, 5), "2026-01-05T12:00:00+00:00", 1767614400],  # noqa: DTZ001 - that is it
    ids=repr,
)
def test_a_time_without_a_zone_is_refused(value: object) -> None:
    with pytest.raises(StatementError) as refused:
        kept("moment", value)
    assert isinstance(refused.value.orig, StoredValueInvalid)


@pytest.mark.parametrize("value", [0, 1, "true"], ids=repr)
def test_a_number_is_no_flag(value: object) -> None:
    with pytest.raises(StatementError) as refused:
        kept("flag", value)
    assert isinstance(refused.value.orig, StoredValueInvalid)


@pytest.mark.parametrize(
    ("column", "value"),
    [("amount", None), ("moment", None), ("flag", None), ("flag", True), ("flag", False)],
)
def test_unknown_stays_unknown(column: str, value: object) -> None:
    assert kept(column, value) is value


@pytest.mark.parametrize(
    ("column", "stored"),
    [
        ("amount", "'NaN'"),
        ("amount", "'1,5'"),
        ("moment", "'yesterday'"),
        ("moment", "'2026-01-05T12:00:00'"),
        ("flag", "2"),
    ],
)
def test_what_somebody_edited_is_not_taken_for_a_value(column: str, stored: str) -> None:
    made = engine()
    with made.begin() as connection:
        connection.execute(text(f"INSERT INTO kept ({column}) VALUES ({stored})"))  # noqa: S608 - ours
        with pytest.raises(StoredValueInvalid, match="restore a backup"):
            connection.execute(select(TABLE.c[column])).scalar_one()
    made.dispose()


def test_a_strict_table_refuses_another_kind() -> None:
    made = engine()
    with made.connect() as connection, pytest.raises(IntegrityError, match="cannot store TEXT"):
        connection.execute(text("INSERT INTO kept (flag) VALUES ('yes')"))
    made.dispose()
