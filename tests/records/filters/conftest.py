import pytest
from django.db import connection
from django.utils import translation

from dangol.records.filters import names
from tests.records.filters import lab


@pytest.fixture(autouse=True)
def lab_registry(monkeypatch):
    """Walking references finds the lab's record types, and only those."""
    monkeypatch.setattr(names, "registry", lab.LabRegistry)
    names._label_tables.clear()
    with translation.override("en"):
        yield
    names._label_tables.clear()


@pytest.fixture(scope="session")
def lab_tables(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        # A module elsewhere that borrows this fixture gets one of its own: whoever comes first makes the tables.
        there = set(connection.introspection.table_names())
        made = [model for model in lab.MODELS if model._meta.db_table not in there]
        for model in made:
            editor.create_model(model)
    yield
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        for model in reversed(made):
            editor.delete_model(model)


@pytest.fixture
def tables(lab_tables, db):
    """The lab's tables, empty, in a transaction that is rolled back."""
