"""What must stay small stays small."""

import ast

from tests.architecture.sources import (
    GENERATED,
    PRODUCTION,
    functions,
    length_of,
    modules,
    relative,
)

MODULE_LINES = 300
FUNCTION_LINES = 40


def test_no_module_is_longer_than_the_ceiling() -> None:
    sizes = {
        relative(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules(*PRODUCTION, "tests")
    }
    too_long = {
        name: lines
        for name, lines in sizes.items()
        if lines > MODULE_LINES and not name.startswith(GENERATED)
    }
    assert too_long == {}


def test_no_function_is_longer_than_the_ceiling() -> None:
    too_long = {
        f"{relative(path)}:{function.lineno} {function.name}": length_of(function)
        for path in modules(*PRODUCTION, "tests")
        if not relative(path).startswith(GENERATED)
        for function in functions(ast.parse(path.read_text(encoding="utf-8")))
        if length_of(function) > FUNCTION_LINES
    }
    assert too_long == {}


def test_packages_do_no_work_when_imported() -> None:
    filled = [
        relative(path)
        for path in modules(*PRODUCTION, "tests")
        if path.name == "__init__.py" and path.stat().st_size > 0
    ]
    assert filled == []


def test_every_production_folder_is_a_package() -> None:
    folders = {
        path.parent
        for path in modules("composition", "handlers", "trading", "storage", "simulators", "bench")
        if not relative(path).startswith(GENERATED)
    }
    assert [
        relative(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()
    ] == []
