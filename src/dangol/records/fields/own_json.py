"""Own values as JSON text, exactly; and the texts of own fields in the languages of the house."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import lazy
from django.utils.translation import get_language


class ExactDecoder(json.JSONDecoder):
    """Reads JSON without losing digits: numbers with decimal places are Decimals."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "parse_float": Decimal})


def encoded(values: Mapping[str, Any]) -> str:
    """Own values as the JSON text that is stored; numbers exactly as they are. None becomes null."""
    parts = (
        f'"{name}":{format(value, "f") if isinstance(value, Decimal) else orjson.dumps(value).decode()}'
        for name, value in values.items()
    )
    return "{" + ",".join(parts) + "}"


def _in_language(ko: str, en: str) -> str:
    return (en or ko) if (get_language() or "ko").startswith("en") else (ko or en)


in_language = lazy(_in_language, str)
"""Of a Korean and an English text the one for whoever reads it; the other one where it is missing."""
