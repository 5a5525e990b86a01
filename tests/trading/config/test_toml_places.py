"""Every key is found on its line, however the file is written."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.config.toml_places import Place, TomlPlaces

TEXT = """\
# a comment with [brackets] and = signs
title = "a # that is no comment"   # and one that is

[owner.'quoted key']
"dotted".part = '''
[not.a.table]
not = "a key"
'''
list = [
    "one",   # ]
    { inner = 1 },
]

  [[products]]
  name = \"\"\"say \\\"\"\" [hi]\"\"\"
"""

PLACES: dict[Place, int] = {
    ("title",): 2,
    ("owner",): 4,
    ("owner", "quoted key"): 4,
    ("owner", "quoted key", "dotted"): 5,
    ("owner", "quoted key", "dotted", "part"): 5,
    ("owner", "quoted key", "list"): 9,
    ("products",): 14,
    ("products", "name"): 15,
}


def test_every_key_and_nothing_else_has_its_line() -> None:
    tomllib.loads(TEXT)
    assert dict(TomlPlaces(TEXT).lines) == PLACES


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("owner", "quoted key", "list", "1", "inner"), 9),
        (("products", "price"), 14),
        (("nowhere", "at all"), None),
        ((), None),
    ],
    ids=["inside a value", "missing key", "missing table", "the file"],
)
def test_what_has_no_line_gets_that_of_what_holds_it(place: Place, line: int | None) -> None:
    assert TomlPlaces(TEXT).line(place) == line


@pytest.mark.parametrize(
    ("place", "label"),
    [
        (("owner", "quoted key", "dotted"), "[owner.quoted key] dotted"),
        (("owner", "quoted key"), "[owner.quoted key]"),
        (("owner",), "[owner]"),
        (("title",), "title"),
        (("absent",), "[absent]"),
        (("absent", "key"), "[absent] key"),
    ],
)
def test_a_place_is_said_as_a_person_would(place: Place, label: str) -> None:
    assert TomlPlaces(TEXT).label(place) == label


keys = st.text("abcxyz_-1", min_size=1, max_size=8)
values = st.sampled_from(
    [
        "1",
        '"#[x]"',
        "'='",
        "[1,\n 2]",
        '"""\n[a]\n"""',
        "{ a = 1 }",
        "[{ a = [\n] }]",
        "-0.5",
        "true",
    ]
)


@given(st.dictionaries(keys, st.dictionaries(keys, values, max_size=4), max_size=4), st.data())
def test_the_line_of_a_key_holds_the_key(
    tables: dict[str, dict[str, str]], data: st.DataObject
) -> None:
    lines = []
    for table, pairs in tables.items():
        lines += [f"[{table}]", *(f"{key} = {value}" for key, value in pairs.items())]
        lines += [""] * data.draw(st.integers(0, 2))
    text = "\n".join(lines)
    tomllib.loads(text)
    places = TomlPlaces(text)
    found = text.splitlines()
    for table, pairs in tables.items():
        assert found[places.lines[(table,)] - 1] == f"[{table}]"
        for key in pairs:
            assert found[places.lines[(table, key)] - 1].startswith(f"{key} = ")
    assert len(places.lines) == sum(len(pairs) + 1 for pairs in tables.values())
