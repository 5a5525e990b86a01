"""Writes the pages that are generated from the code, or checks that they are as it would."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from handlers.reference.command_line_page import command_line_page
from handlers.reference.commands_page import commands_page
from handlers.reference.configuration_page import configuration_page
from handlers.reference.example_file import example_file
from handlers.reference.messages_page import messages_page
from handlers.reference.metrics_page import metrics_page

PAGES: Mapping[str, Callable[[], str]] = {
    "config.example.toml": example_file,
    "docs/configuration.md": configuration_page,
    "docs/command-line.md": command_line_page,
    "docs/commands.md": commands_page,
    "docs/messages.md": messages_page,
    "docs/metrics.md": metrics_page,
}
ROOT = Path(__file__).parents[2]


def outdated(root: Path) -> list[str]:
    """Return the pages that differ from what the code says."""
    return [
        name
        for name, page in PAGES.items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != page()
    ]


def main(arguments: Sequence[str]) -> int:
    """Write or check every page."""
    parser = argparse.ArgumentParser(prog="python -m handlers.reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; 1 when outdated")
    is_check = parser.parse_args(arguments).check
    names = outdated(ROOT)
    for name in names:
        if is_check:
            print(f"{name} is not what the code says; run: make docs", file=sys.stderr)
            continue
        path = ROOT / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(PAGES[name](), encoding="utf-8")
        print(f"wrote {name}")
    return 1 if is_check and names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
