"""Each of our own checks fails on a bad example, and is content with a good one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import checks
from checks import foreign_keys, messages, migrations, openapi, sources, templates

ORDER = [frozenset({"config"}), frozenset({"sales", "service"}), frozenset({"customers"}), frozenset({"web"})]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_foreign_key_points_down_or_stays_in_its_room():
    relation = foreign_keys.Relation
    good = [
        relation("Order.customer", "sales", "customers"),
        relation("Customer.parent", "customers", "customers"),
    ]
    assert not list(foreign_keys.wrong(good, ORDER))
    upward = relation("Customer.deal", "customers", "sales")
    sideways = relation("Deal.case", "sales", "service")
    assert len(list(foreign_keys.wrong([upward, sideways], ORDER))) == 2


def test_foreign_keys_of_the_loaded_models_are_seen():
    found = {relation.field: relation for relation in foreign_keys.relations()}
    assert found["commerce.OrderLine.order"].target == "commerce"
    assert any(relation.target == "identity" for relation in found.values())


def test_a_template_uses_lower_rooms_only(tmp_path):
    write(tmp_path / "web/templates/web/base.html", "{% block main %}{% endblock %}")
    write(tmp_path / "customers/templates/customers/page.html", '{% extends "web/base.html" %}')
    assert not list(templates.wrong(tmp_path, ORDER))
    write(tmp_path / "web/templates/web/bad.html", '{% include "customers/page.html" %}')
    write(tmp_path / "web/templates/web/lost.html", '{% include "web/nowhere.html" %}')
    found = list(templates.wrong(tmp_path, ORDER))
    assert any("web may not use customers/page.html" in line for line in found)
    assert any("there is no template web/nowhere.html" in line for line in found)


def test_a_change_of_a_model_without_migration_is_seen():
    from django.db import models

    from dangol.identity.models import Team

    field = Team._meta.get_field("name")
    before = field.max_length
    try:
        field.max_length = before + 1
        assert "identity" in migrations.missing()
    finally:
        field.max_length = before
    assert isinstance(field, models.CharField)


PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.mark.parametrize(
    ("source", "catalogue", "complaint"),
    [
        ('_("Save")', "", 'no Korean for "Save"'),
        ('_("Save")', 'msgid "Save"\nmsgstr ""\n', 'no Korean for "Save"'),
        ('_("Save")', '#, fuzzy\nmsgid "Save"\nmsgstr "저장"\n', "fuzzy"),
        ("", 'msgid "Save"\nmsgstr "저장"\n', "nowhere in the room"),
        ('_("%(n)s rows")', 'msgid "%(n)s rows"\nmsgstr "%(m)s행"\n', "other placeholders"),
        ('_(f"{n} rows")', "", "one plain string"),
        (
            'ngettext("%(n)s row", "%(n)s rows", n)',
            'msgid "%(n)s row"\nmsgstr "%(n)s행"\n',
            "needs the msgid_plural",
        ),
    ],
)
def test_messages_that_are_not_in_order_are_seen(tmp_path, source, catalogue, complaint):
    room = tmp_path / "customers"
    write(room / "views.py", source)
    write(messages.catalogue_path(room), PO + catalogue)
    assert any(complaint in line for line in messages.wrong(room))


def test_messages_in_order_are_left_alone_in_code_and_templates(tmp_path):
    room = tmp_path / "customers"
    write(room / "views.py", 'gettext_lazy("Save")\npgettext("verb", "Open")\n')
    template = "{% translate 'Close' %}{% blocktranslate %}{{ n }} rows{% endblocktranslate %}"
    write(room / "templates/customers/page.html", template)
    entries = [
        'msgid "Save"\nmsgstr "저장"',
        'msgctxt "verb"\nmsgid "Open"\nmsgstr "열기"',
        'msgid "Close"\nmsgstr "닫기"',
        'msgid "%(n)s rows"\nmsgstr "%(n)s행"',
    ]
    write(messages.catalogue_path(room), PO + "\n\n".join(entries) + "\n")
    assert not list(messages.wrong(room))
    assert messages.compile_all([room]) == 1
    assert messages.catalogue_path(room).with_suffix(".mo").exists()
    assert messages.compile_all([room]) == 0


def test_two_rooms_that_translate_the_same_message_differently_are_seen(tmp_path):
    rooms = [tmp_path / "customers", tmp_path / "web"]
    for room, word in zip(rooms, ("담당", "소유자"), strict=True):
        write(messages.catalogue_path(room), PO + f'msgid "Owner"\nmsgstr "{word}"\n')
    assert list(messages.conflicts(rooms))


def test_a_change_of_the_api_is_seen():
    kept = openapi.text({"paths": {"/customers": {}}})
    assert not openapi.difference(kept, kept)
    assert openapi.difference(kept, openapi.text({"paths": {}}))


def test_paths_of_one_machine_and_dump_files_are_seen(tmp_path):
    path = "/" + "home/somebody/dangol"
    bad = write(tmp_path / "readme.md", f"see {path}")
    dump = write(tmp_path / "utils.py", "")
    good = write(tmp_path / "good.py", "path = '/customers/home/'\n")
    found = list(sources.wrong([bad, dump, good], tmp_path))
    assert len(found) == 2


def test_a_long_module_is_noted(tmp_path):
    long = write(tmp_path / "models.py", "x = 1\n" * 500)
    assert list(sources.long([long], tmp_path))


def contract(tmp_path: Path, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the project's real import contracts on a small package with the same rooms."""
    write(tmp_path / "dangol/__init__.py", "")
    for layer in checks.layers():
        for room in layer:
            write(tmp_path / f"dangol/{room}/__init__.py", "")
    for name, text in files.items():
        write(tmp_path / "dangol" / name, text)
    write(tmp_path / "pyproject.toml", (checks.ROOT / "pyproject.toml").read_text())
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--config", "pyproject.toml", "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_import_contracts_hold_for_rooms_to_come(tmp_path):
    done = contract(tmp_path, {"sales/services.py": "import dangol.customers\n"})
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("records/views.py", "import dangol.customers\n"),
        ("sales/services.py", "import dangol.marketing\n"),
        ("customers/models.py", "import dangol.customers.services\n"),
        ("methods/rfm.py", "import django\n"),
        ("leftovers/__init__.py", ""),
    ],
)
def test_the_import_contracts_are_broken_by(tmp_path, place, code):
    files = {"customers/services.py": "", place: code}
    assert contract(tmp_path, files).returncode == 1
