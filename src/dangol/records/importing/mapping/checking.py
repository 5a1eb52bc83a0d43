"""Small checks of a mapping's JSON, each with the place it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.records.importing.errors import MappingProblem


def an_object(value: Any, path: str, known: tuple[str, ...] | None = None) -> dict[str, Any]:
    """The value as a dictionary of its own. Raises MappingProblem for anything else, and for keys not `known`."""
    if not isinstance(value, Mapping):
        raise MappingProblem(path, _("An object is needed here."))
    for key in value:
        if known is not None and key not in known:
            raise MappingProblem(
                f"{path}.{key}" if path else key,
                _("Unknown setting. Possible are: %(names)s.") % {"names": ", ".join(known)},
            )
    return dict(value)


def a_text(value: Any, path: str) -> str:
    """The value as text that is not empty. Raises MappingProblem."""
    if not isinstance(value, str) or not value:
        raise MappingProblem(path, _("Text is needed here."))
    return value


def one_of(value: Any, path: str, names: tuple[str, ...]) -> str:
    """The value, which is one of these names. Raises MappingProblem."""
    if value not in names:
        raise MappingProblem(path, _("Choose one of: %(choices)s.") % {"choices": ", ".join(names)})
    return str(value)
