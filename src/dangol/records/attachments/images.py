"""Pictures: without what the camera wrote into them, and small ones to look at. Pillow is loaded in jobs only."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PREVIEW: Final = (480, 480)
MOST_PIXELS: Final = 60_000_000
FORMATS: Final = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
}


class NotAPicture(ValueError):
    """It cannot be read as what it says it is, or is too large to be taken apart."""


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int


def clean(source: Path, content_type: str, cleaned: Path, preview: Path) -> Size:
    """Write the picture anew without its metadata (EXIF with place and time, XMP, comments), and a preview as WebP.

    What the metadata say about which way is up is carried out first. A JPEG that already is upright keeps its exact
    pixels; colour profiles stay.

    Raises:
        NotAPicture: it cannot be read.
    """
    from PIL import Image, ImageOps

    kind = FORMATS[content_type]
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(source, formats=[kind]) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise NotAPicture(f"{picture.width} × {picture.height}")
                upright = picture.getexif().get(0x0112, 1) == 1
                exact = upright and picture.format == "JPEG"
                profile = picture.info.get("icc_profile")
                turned = picture if upright else ImageOps.exif_transpose(picture)
                _save(turned, cleaned, kind, profile, exact)
                small = ImageOps.exif_transpose(picture)
                small.thumbnail(PREVIEW)
                plain = small.convert("RGBA" if "A" in small.getbands() or kind == "GIF" else "RGB")
                plain.save(preview, "WEBP", quality=80, exif=b"", xmp=b"")
                return Size(turned.width, turned.height)
        except NotAPicture:
            raise
        except (
            OSError,
            SyntaxError,
            ValueError,
            Image.DecompressionBombWarning,
            Image.DecompressionBombError,
        ) as error:
            raise NotAPicture(str(error)) from error


def _save(picture: Any, path: Path, kind: str, profile: bytes | None, exact: bool) -> None:
    options: dict[str, Any] = {"icc_profile": profile} if profile and kind != "GIF" else {}
    frames = getattr(picture, "n_frames", 1)
    if kind == "JPEG":
        picture.info.pop("comment", None)
        options |= {"quality": "keep"} if exact else {"quality": 92}
        options |= {"exif": b"", "xmp": b"", "comment": b""}
    elif kind == "WEBP":
        options |= {"quality": 90, "exif": b"", "xmp": b"", "save_all": frames > 1}
    elif kind == "GIF":
        picture.info.pop("comment", None)
        options |= {"save_all": frames > 1, "comment": b""}
    else:
        options |= {"exif": b"", "save_all": frames > 1}
    picture.save(path, kind, **options)
