"""Whether bytes are a picture, and of what size."""

from dataclasses import dataclass
from io import BytesIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions:
    width: int
    height: int


def picture_dimensions(content: bytes) -> Dimensions | None:
    """None where the bytes are not a whole picture that can be shown."""
    from PIL import Image

    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG", "GIF", "WEBP")) as picture:
            width, height = picture.size
            picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    return Dimensions(width=width, height=height)
