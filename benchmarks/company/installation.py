"""A company in an installation of its own, kept in a folder or made for one benchmark."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from benchmarks.company.sizes import SIZES, Size, today

KEPT = "benchmark-company.json"


class Unfit(SystemExit):
    """The folder holds something else than what was asked for; the text says what to do."""


@contextmanager
def opened(folder: Path) -> Iterator[None]:
    """An installation in the folder, with Django set up on it; made when there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.pop("DATABASE_URL", None)
    os.environ["DANGOL_DATA"] = str(folder.absolute())
    os.environ.setdefault("DANGOL_LOG_LEVEL", "WARNING")
    from dangol.config import installation

    with installation.opened():
        yield


@contextmanager
def company(
    share: float | None = None, data: Path | None = None, *, last_day: date | None = None
) -> Iterator[Path]:
    """The company in an installation of its own, with Django set up on it. Yields the data folder.

    Args:
        share: of size L; None is that of the company kept there, or S.
        data: keep it in this folder, and use it again when there is one; else it is made anew and removed.
        last_day: up to which it has orders; today when left out.

    Raises:
        Unfit: the folder keeps a company of another size, or one that was not made to its end.
    """
    with tempfile.TemporaryDirectory(prefix="dangol-bench-") as temporary:
        folder = data or Path(temporary)
        with opened(folder):
            from dangol.config import assets
            from dangol.customers.models import Customer

            assets.gather()  # a kept company may be older than the style sheets
            kept = kept_in(folder)
            if kept is None:
                if Customer.objects.exists():
                    raise Unfit(f"{folder} holds customers that are not of a finished benchmark company.")
                make(folder, SIZES["S"] if share is None else share, last_day or today())
            elif share is not None and kept != share:
                raise Unfit(
                    f"{folder} keeps a company of {kept} of size L, not {share}; take another folder."
                )
            yield folder


def make(folder: Path, share: float, last_day: date) -> None:
    """Fill the installation and note that it was done to the end."""
    from benchmarks.company.filling import fill

    steps = fill(Size.of(share), last_day)
    kept = {"share": share, "last_day": f"{last_day}", "seconds": steps}
    print(f"company: made in {sum(steps.values()):,.0f} s")
    (folder / KEPT).write_text(json.dumps(kept, indent=1), encoding="utf-8")


def kept_in(folder: Path) -> float | None:
    """The share of size L of the company kept in a folder; None when there is none."""
    path = folder / KEPT
    return float(json.loads(path.read_text(encoding="utf-8"))["share"]) if path.is_file() else None


def name_of(share: float) -> str:
    """S, M, L, or the share itself."""
    return next((name for name, known in SIZES.items() if known == share), f"{share:g} L")
