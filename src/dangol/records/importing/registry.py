"""Mappings that come with the product: each room contributes its folder of JSON files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import MappingProblem
from dangol.records.importing.mapping import Mapping, read_mapping

_folders: list[Path] = []


def register_folder(folder: Path) -> None:
    """Make every `<name>.json` in a folder known under its name; to be called from `AppConfig.ready`."""
    if folder not in _folders:
        _folders.append(folder)


def names() -> list[str]:
    """The names of all built-in mappings."""
    return sorted(path.stem for folder in _folders for path in folder.glob("*.json"))


def get(name: str) -> Mapping:
    """The built-in mapping of that name.

    Raises:
        MappingProblem: there is none.
    """
    for folder in _folders:
        path = folder / f"{name}.json"
        if path.is_file() and path.parent == folder:
            return read_mapping(load(path), name=name)
    raise MappingProblem(
        "",
        _("There is no mapping “%(name)s”. Built in are: %(names)s.")
        % {"name": name, "names": ", ".join(names())},
    )


def all_mappings() -> list[Mapping]:
    """Every built-in mapping, by name."""
    return [get(name) for name in names()]


def load(path: Path) -> Any:
    """The JSON of a mapping file.

    Raises:
        MappingProblem: it cannot be read, or is no JSON; the message names line and column.
    """
    try:
        return parse(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise MappingProblem("", _("The mapping %(name)s cannot be read.") % {"name": path.name}) from error


def parse(text: str) -> Any:
    """The JSON of a mapping as text. Raises MappingProblem."""
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        if isinstance(error, RecursionError):
            raise MappingProblem("", _("This is no valid JSON.")) from error
        raise MappingProblem(
            "",
            _("This is no valid JSON: line %(line)s, column %(column)s.")
            % {"line": error.lineno, "column": error.colno},
        ) from error


def title(mapping: Mapping) -> str:
    """What a mapping is called in the active language."""
    language = translation.get_language() or "en"
    return (
        mapping.title.get(language.split("-")[0])
        or mapping.title.get("")
        or mapping.title.get("en")
        or mapping.name
    )


def pretty(data: Any) -> str:
    """A mapping's JSON as people write it."""
    return json.dumps(data, ensure_ascii=False, indent=2)
