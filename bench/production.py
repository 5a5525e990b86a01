"""The production environment out of a development one: only what requirements.txt names.

Development tools change what libraries import (httpx brings a command line along where click and
rich are found), so start and memory are measured as an owner has them: a folder of links to the
production packages, with `python -S`, which leaves the rest of the environment out.
"""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[1]
_PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==", re.MULTILINE)


def link_packages(folder: Path) -> Path:
    """Fill a new folder with links to what requirements.txt installs here."""
    folder.mkdir()
    for name in _PINNED.findall((ROOT / "requirements.txt").read_text()):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # meant for another platform
        tops = {path.parts[0] for path in found.files or ()} - {"..", "__pycache__"}
        for top in tops:
            link = folder / top
            if not link.exists():
                link.symlink_to(Path(str(found.locate_file(top))))
    return folder
