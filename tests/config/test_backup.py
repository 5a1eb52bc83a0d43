"""A backup brings everything back: into an empty installation, and over one that has something only when asked."""

import tarfile

import pytest

from tests.config.installation import Installation

pytestmark = pytest.mark.slow


def test_the_round_trip(place):
    one, two = Installation(place / "one"), Installation(place / "two")
    one.run("user", "add", "jiwoo@example.com", "--name", "김지우", "--role", "sales")
    media = one.data / "media" / "계약"
    media.mkdir(parents=True)
    (media / "계약서.txt").write_text("서명")
    file = place / "backups" / "one.tar"
    one.run("backup", str(file))
    assert file.stat().st_mode & 0o077 == 0
    with tarfile.open(file) as archive:
        assert "secret-key" not in archive.getnames()

    two.run("restore", str(file))
    assert two.run("user", "list", "--json") == one.run("user", "list", "--json")
    assert (two.data / "media" / "계약" / "계약서.txt").read_text() == "서명"

    two.run("user", "add", "later@example.com")
    assert "--force" in two.run("restore", str(file), fails=True)
    assert "later@example.com" in two.run("user", "list")
    two.run("restore", str(file), "--force")
    assert "later@example.com" not in two.run("user", "list")

    broken = place / "broken.tar"
    broken.write_bytes(file.read_bytes()[:3000])
    two.run("restore", str(broken), "--force", fails=True)
    assert "jiwoo@example.com" in two.run("user", "list")


def test_the_secret_key_goes_along_only_when_asked(place):
    one, two = Installation(place / "one"), Installation(place / "two")
    one.run("migrate")
    one.run("backup", str(place / "with.tar"), "--with-secret-key")
    two.run("restore", str(place / "with.tar"))
    assert (two.data / "secret-key").read_text() == (one.data / "secret-key").read_text()
    assert (two.data / "secret-key").stat().st_mode & 0o077 == 0


def test_a_backup_from_before_an_erasure_does_not_bring_the_person_back(place):
    one, two = Installation(place / "one"), Installation(place / "two")
    one.run("migrate")
    make = (
        "from dangol.records import registry, writing\nfrom dangol.identity.actors import Actor\n"
        "print(writing.create(registry.get('customer'), {'name': '홍일동', 'kind': 'person'}, actor=Actor.system('t')))"
    )
    number = one.run("manage", "shell", "-v", "0", "-c", make).strip().splitlines()[-1]
    one.run("backup", str(place / "before.tar"))
    erase = (
        "from dangol.records.models import Erasure\nfrom dangol.records.persons import erasing\n"
        f"erasing.erase(Erasure.objects.create(record_type='customer', record_id={number}, reason='test', asked_by_name='t').pk)"
    )
    one.run("manage", "shell", "-v", "0", "-c", erase)
    count = "from dangol.customers.models import Customer; print('people', Customer.objects.count())"
    assert "1" in one.run("restore", str(place / "before.tar"), "--force")
    assert "people 0" in one.run("manage", "shell", "-v", "0", "-c", count)
    # Elsewhere the list is given along; a backup made later carries it.
    two.run("restore", str(place / "before.tar"), "--erasures", str(one.data / "erasures.jsonl"))
    assert "people 0" in two.run("manage", "shell", "-v", "0", "-c", count)
    one.run("backup", str(place / "after.tar"))
    with tarfile.open(place / "after.tar") as archive:
        assert "erasures.jsonl" in archive.getnames()
