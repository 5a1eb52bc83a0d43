"""A fresh memory of rules for each test: the database is put back under this process."""

from __future__ import annotations

import pytest

from dangol.automation import definitions, index
from dangol.identity import revisions


@pytest.fixture(autouse=True)
def fresh_rules():
    yield
    index._known = index._Known()
    definitions._programs.clear()
    revisions.forget()
