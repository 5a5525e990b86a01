"""Steelyard: the composition root and the command line."""

import sys


def main() -> int:
    print("usage: python bot.py {run | demo | init | check} --config config.toml")
    return 2


if __name__ == "__main__":
    sys.exit(main())
