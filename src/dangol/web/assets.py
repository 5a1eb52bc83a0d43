"""Copies the browser parts out of node_modules: `python -m dangol.web.assets NODE_MODULES_DIR`.

What is copied is served by Dangol itself; nothing is bundled and nothing comes from elsewhere at run time.
Icons become one sprite of those that the sources name, so an icon is used by writing its name.
"""

import argparse
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parent.parent
VENDOR: Final = PACKAGE / "web" / "static" / "vendor"

FILES: Final = {
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "echarts/dist/echarts.esm.min.mjs": "echarts.js",
    "sortablejs/modular/sortable.core.esm.js": "sortable.js",
    "pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css": "pretendard/pretendard.css",
}
# Paper is set from whole fonts; typst reads no web fonts.
FONTS: Final = {
    f"pretendard/dist/public/static/{name}": f"pretendard/{name}"
    for name in ("Pretendard-Regular.otf", "Pretendard-SemiBold.otf")
}
FOLDERS: Final = {"pretendard/dist/web/variable/woff2-dynamic-subset": "pretendard/woff2-dynamic-subset"}
LICENCES: Final = ("htmx.org", "echarts", "sortablejs", "pretendard", "@tabler/icons")
ICONS: Final = "@tabler/icons/icons/outline"
SOURCES: Final = (".py", ".html", ".js")

# Names that arrive as data and not in a source: record types made in the settings choose among these.
ALWAYS: Final = frozenset((PACKAGE / "web" / "icons.txt").read_text(encoding="utf-8").split())

QUOTED: Final = re.compile(r"""["'#]([a-z0-9]+(?:-[a-z0-9]+)*)["']""")
SOURCE_MAP: Final = re.compile(r"^\s*(//[#@]|/\*[#@])\s*sourceMappingURL=.*$", re.MULTILINE)


class MissingAssetError(Exception):
    """A file is not in node_modules; the message says which and what mends it."""


def names_in_sources(package: Path = PACKAGE) -> set[str]:
    """Every quoted word of the sources that could be the name of an icon."""
    found: set[str] = set()
    for path in package.rglob("*"):
        if path.suffix in SOURCES and VENDOR not in path.parents:
            found.update(QUOTED.findall(path.read_text(encoding="utf-8")))
    return found


def sprite(icons: Path, names: set[str]) -> tuple[str, int]:
    """One SVG with a symbol for each name that is an icon, and how many there are.

    Raises MissingAssetError when a name of ALWAYS is not an icon (it was renamed by its maker).
    """
    symbols = list(_symbols(icons, names | ALWAYS))
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n', len(symbols)


def _symbols(icons: Path, names: set[str]) -> Iterator[str]:
    for name in sorted(names):
        path = icons / f"{name}.svg"
        if not path.is_file():
            if name in ALWAYS:
                raise MissingAssetError(f"icon {name!r} is not in {icons}; choose another name")
            continue
        inside = re.sub(r"<!--.*?-->", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        body = re.sub(r"^.*?<svg[^>]*>|</svg>.*$", "", inside, flags=re.DOTALL)
        body = re.sub(r'<path\s+stroke="none"\s+d="M0 0h24v24H0z"\s+fill="none"\s*/>', "", body)
        body = re.sub(r"\s+", " ", body).replace("> <", "><").replace(" />", "/>").strip()
        yield f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>'


def copy(node_modules: Path, target: Path = VENDOR) -> dict[str, int]:
    """Fill `target` anew; returns bytes by file.

    Raises MissingAssetError before touching anything.
    """
    for source in (*FILES, *FONTS, *FOLDERS, ICONS):
        if not (node_modules / source).exists():
            raise MissingAssetError(f"{node_modules / source} is missing; run `npm ci` first")
    drawing, count = sprite(node_modules / ICONS, names_in_sources())
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for source, name in FILES.items():
        destination = fresh / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        text = (node_modules / source).read_text(encoding="utf-8")
        destination.write_text(SOURCE_MAP.sub("", text), encoding="utf-8")
    for source, name in FONTS.items():
        shutil.copy(node_modules / source, fresh / name)
    for source, name in FOLDERS.items():
        shutil.copytree(node_modules / source, fresh / name)
    (fresh / "icons.svg").write_text(drawing, encoding="utf-8")
    for package in LICENCES:
        for licence in (node_modules / package).glob("LICENSE*"):
            shutil.copy(licence, fresh / f"{package.strip('@').replace('/', '-')}.{licence.stem}.txt")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    sizes = {name: (target / name).stat().st_size for name in (*FILES.values(), *FONTS.values(), "icons.svg")}
    sizes[f"icons.svg ({count})"] = sizes.pop("icons.svg")
    return sizes


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when everything is in place, 1 when something is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m dangol.web.assets", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("node_modules", type=Path, help="the folder that npm filled")
    parser.add_argument("--target", type=Path, default=VENDOR)
    chosen = parser.parse_args(arguments)
    try:
        sizes = copy(chosen.node_modules.resolve(), chosen.target)
    except MissingAssetError as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    for name, size in sizes.items():
        sys.stdout.write(f"{size:>10,}  {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
