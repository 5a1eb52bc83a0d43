"""The words: every message has its Korean, none is left over, placeholders agree; catalogues are compiled with Babel.

`python -m checks.messages compile` writes the `.mo` files, `check` looks, `missing ROOM` prints entries to fill in.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from checks import PACKAGE, start_django

LANGUAGE = "ko"
SINGLE = {"_", "gettext", "gettext_lazy", "gettext_noop", "ugettext"}
PLURAL = {"ngettext", "ngettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy"}
TEMPLATE_KEYWORDS: dict[str, Any] = {
    "gettext": None,
    "_": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]|%[sdifr]|{\w*(?:![rsa])?(?::[^{}]*)?}")


@dataclass(frozen=True)
class Use:
    """A message in a source file."""

    text: str
    context: str | None
    place: str
    plural: str = ""
    """What it says of several, where it depends on a number."""


def python_uses(source: str, place: str) -> Iterator[Use]:
    """Messages of a Python file. A message that is not one plain string is reported as `Use("", …)`."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in SINGLE | PLURAL | CONTEXT:
            continue
        at = f"{place}:{node.lineno}"
        texts = [text for argument in node.args if (text := _text(argument)) is not None]
        if name in CONTEXT and len(texts) >= 2:
            yield Use(texts[1], texts[0], at)
        elif name in SINGLE | PLURAL and _text(node.args[0]) is not None:
            yield Use(texts[0], None, at, texts[1] if name in PLURAL and len(texts) > 1 else "")
        elif isinstance(node.args[0], (ast.JoinedStr, ast.BinOp)):
            yield Use("", None, at)


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def template_uses(source: str, place: str) -> Iterator[Use]:
    """Messages of a Django template."""
    from django.utils.translation import templatize

    code = templatize(source, origin=place).encode()
    for line, function, found, _ in extract_python(io.BytesIO(code), TEMPLATE_KEYWORDS, [], {}):
        # Babel gives one string, or several for plural and context.
        several: Any = found
        parts = (several,) if isinstance(several, str) else tuple(several)
        texts = [text for text in parts if text]
        if not texts:
            continue
        if function in {"pgettext", "npgettext"}:
            yield Use(texts[1], texts[0], f"{place}:{line}", texts[2] if len(texts) > 2 else "")
        else:
            yield Use(texts[0], None, f"{place}:{line}", texts[1] if len(texts) > 1 else "")


def uses(room: Path) -> Iterator[Use]:
    """All messages of a room; a part of it with a catalogue of its own (the demo) counts for itself."""
    own = [path.parent for path in room.glob("*/locale")]
    for path in sorted(room.rglob("*")):
        if any(part in path.parents for part in own):
            continue
        place = path.relative_to(room.parent).as_posix()
        if path.suffix == ".py":
            yield from python_uses(path.read_text(encoding="utf-8"), place)
        elif "templates" in path.parts and path.suffix in {".html", ".txt"}:
            yield from template_uses(path.read_text(encoding="utf-8"), place)


def catalogue_path(room: Path) -> Path:
    return room / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def read(room: Path) -> Catalog:
    """The room's Korean catalogue; an empty one when it has none."""
    path = catalogue_path(room)
    if not path.exists():
        return Catalog(locale=LANGUAGE)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE, abort_invalid=True)


def _key(message: Message) -> tuple[str, str | None]:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return text, message.context


def entries(catalogue: Catalog) -> dict[tuple[str, str | None], Message]:
    """The messages of a catalogue by text and context, its header left out."""
    return {_key(message): message for message in catalogue if message.id}


def wrong(room: Path, found: list[Use] | None = None) -> Iterator[str]:
    """A line for each message of a room that is not in order."""
    known = entries(read(room))
    wanted: dict[tuple[str, str | None], Use] = {}
    for use in uses(room) if found is None else found:
        if not use.text:
            yield f"{use.place}: a message is one plain string; put values in with %(name)s"
        else:
            wanted.setdefault((use.text, use.context), use)
    for key, use in wanted.items():
        message = known.get(key)
        if message is None:
            yield f'{use.place}: no Korean for "{key[0]}"'
        elif use.plural and (isinstance(message.id, str) or message.id[-1] != use.plural):
            # gettext looks for both together; an entry of one alone is never found, and English is shown.
            yield f'{use.place}: the entry of "{key[0]}" needs the msgid_plural "{use.plural}"'
        else:
            yield from _entry(message, use.place)
    for key in known.keys() - wanted.keys():
        yield f'{room.name}: "{key[0]}" is in the catalogue and nowhere in the room'


def _entry(message: Message, place: str) -> Iterator[str]:
    text = message.id if isinstance(message.id, str) else message.id[-1]
    translations = [message.string] if isinstance(message.string, str) else list(message.string or ())
    if message.fuzzy:
        yield f'{place}: "{text}" is marked fuzzy'
    for translation in translations:
        if not translation:
            yield f'{place}: no Korean for "{text}"'
        elif sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(translation)):
            yield f'{place}: other placeholders in "{text}" and "{translation}"'


def conflicts(rooms: list[Path]) -> Iterator[str]:
    """Messages that two rooms translate differently: Django merges all catalogues, so one would win everywhere."""
    seen: dict[tuple[str, str | None], tuple[str, object]] = {}
    for room in rooms:
        for key, message in entries(read(room)).items():
            first = seen.setdefault(key, (room.name, message.string))
            if first[1] != message.string:
                yield f'"{key[0]}" is "{first[1]}" in {first[0]} and "{message.string}" in {room.name}'


def compile_all(rooms: list[Path]) -> int:
    """Write each catalogue that changed; says how many."""
    count = 0
    for room in rooms:
        source = catalogue_path(room)
        target = source.with_suffix(".mo")
        if not source.exists() or (target.exists() and target.stat().st_mtime >= source.stat().st_mtime):
            continue
        catalogue = read(room)
        draft = target.with_suffix(".mo.new")
        with draft.open("wb") as file:
            write_mo(file, catalogue)
        draft.replace(target)
        count += 1
    return count


def rooms() -> list[Path]:
    """The folders of all rooms."""
    return [*sorted(path.parent for path in PACKAGE.glob("*/__init__.py")), PACKAGE / "config" / "demo"]


def missing(room: Path) -> str:
    """Entries to fill in, in the form of a catalogue."""
    known = entries(read(room))
    lines = []
    for use in uses(room):
        key = (use.text, use.context)
        if use.text and key not in known:
            known[key] = Message(use.text)
            quoted = use.text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            lines += [f"#: {use.place}", f'msgid "{quoted}"', 'msgstr ""', ""]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    act = arguments[0] if arguments else "check"
    if act == "compile":
        compile_all(rooms())
        return 0
    start_django()
    if act == "missing":
        print(missing(PACKAGE / arguments[1]))
        return 0
    found = [line for room in rooms() for line in wrong(room)] + list(conflicts(rooms()))
    print("\n".join(found) or "every message has its Korean")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
