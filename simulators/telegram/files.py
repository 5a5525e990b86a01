"""Files that were sent: their bytes in a folder, what is known of them in the database."""

import secrets
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simulators.telegram.arguments import Upload
from simulators.telegram.database import Database
from simulators.telegram.errors import bad_request
from simulators.telegram.pictures import picture_dimensions

MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_PHOTO_SIDES = 10_000
MAX_PHOTO_RATIO = 20
MAX_DOCUMENT_BYTES = 50 * 1024 * 1024
MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024
_SHORTEST_FILE_ID = 20
_THUMBNAIL_BOXES = (90, 320, 800, 1280)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    file_id: str
    unique_id: str
    path: str
    kind: str
    name: str
    mime_type: str
    size: int
    width: int | None = None
    height: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The part of a Message that describes this file."""
        if self.width is not None and self.height is not None:
            return {"photo": self._photo_sizes(self.width, self.height)}
        return {
            "document": {
                "file_name": self.name,
                "mime_type": self.mime_type,
                "file_id": self.file_id,
                "file_unique_id": self.unique_id,
                "file_size": self.size,
            }
        }

    def _photo_sizes(self, width: int, height: int) -> list[dict[str, Any]]:
        """From small to large, as Telegram lists them; all of them download the original."""
        longest = max(width, height)
        boxes = [box for box in _THUMBNAIL_BOXES if box < longest] + [min(longest, 1280)]
        return [
            {
                "file_id": self.file_id,
                "file_unique_id": self.unique_id,
                "file_size": self.size,
                "width": max(1, width * box // longest),
                "height": max(1, height * box // longest),
            }
            for box in sorted(set(boxes))
        ]

    def for_people(self) -> dict[str, Any]:
        return {
            "file_id": self.file_id,
            "name": self.name,
            "mime_type": self.mime_type,
            "size": self.size,
            "width": self.width,
            "height": self.height,
        }


class Files:
    def __init__(self, *, database: Database, directory: Path) -> None:
        self._database = database
        self._directory = directory

    def keep(self, upload: Upload, *, as_photo: bool) -> StoredFile:
        """Store what was uploaded, or refuse it as the server does."""
        if not upload.content:
            raise bad_request("file must be non-empty")
        width, height = _photo_dimensions(upload.content) if as_photo else (None, None)
        if len(upload.content) > MAX_DOCUMENT_BYTES:
            raise bad_request("file is too big")
        folder = "photos" if as_photo else "documents"
        number = 1 + self._database.remembered("last_file", 0)
        self._database.remember("last_file", number)
        name = _safe_name(upload.name)
        stored = StoredFile(
            file_id=f"LOCAL{number:06d}{secrets.token_urlsafe(24)}",
            unique_id=f"LU{number:06d}",
            path=f"{folder}/file_{number}{Path(name).suffix}",
            kind="photo" if as_photo else "document",
            name=name,
            mime_type=upload.mime_type,
            size=len(upload.content),
            width=width,
            height=height,
        )
        target = self._directory / stored.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(upload.content)
        columns = asdict(stored)
        self._database.execute(
            f"INSERT INTO files ({', '.join(columns)}) "  # noqa: S608 -- our own column names
            f"VALUES ({', '.join('?' * len(columns))})",
            *columns.values(),
        )
        return stored

    def find(self, file_id: str) -> StoredFile | None:
        return _stored(self._database.row("SELECT * FROM files WHERE file_id = ?", file_id))

    def known(self, file_id: str) -> StoredFile:
        found = self.find(file_id)
        if found is None:
            raise bad_request(
                "wrong file identifier/HTTP URL specified"
                if "://" in file_id or len(file_id) < _SHORTEST_FILE_ID
                else "wrong remote file identifier specified: can't unserialize it. "
                "Wrong last symbol"
            )
        return found

    def at_path(self, path: str) -> StoredFile | None:
        return _stored(self._database.row("SELECT * FROM files WHERE path = ?", path))

    def content(self, file: StoredFile) -> bytes:
        return (self._directory / file.path).read_bytes()


def _stored(row: sqlite3.Row | None) -> StoredFile | None:
    return None if row is None else StoredFile(**dict(row))


def _photo_dimensions(content: bytes) -> tuple[int, int]:
    if len(content) > MAX_PHOTO_BYTES:
        raise bad_request(
            f"file of size {len(content)} bytes is too big for a photo; "
            f"the maximum size is {MAX_PHOTO_BYTES} bytes"
        )
    found = picture_dimensions(content)
    if found is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    sides = (found.width, found.height)
    if sum(sides) > MAX_PHOTO_SIDES or max(sides) > MAX_PHOTO_RATIO * min(sides):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return sides


def _safe_name(given: str) -> str:
    name = Path(given.replace("\\", "/")).name.strip()
    return "".join(character for character in name if character.isprintable()) or "file"
