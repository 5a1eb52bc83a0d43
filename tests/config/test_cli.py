"""The command line from outside."""

import json
import os
import subprocess
import sys

import pytest

from dangol.config import environment
from dangol.config.cli import main, parser
from dangol.config.environment import UnusableSetting
from tests.config.installation import Installation


def test_help_is_fast_because_it_loads_neither_django_nor_the_heavy_stack():
    code = (
        "import sys\nfrom dangol.config.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'django', 'psycopg', 'pyarrow', 'duckdb', 'pandas', 'ibis', 'structlog'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "serve" in done.stdout


def test_it_speaks_the_language_of_the_terminal(monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert "Start everything" in parser().format_help()
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    assert "모두 시작하기" in parser().format_help()


def test_misuse_is_exit_code_two():
    with pytest.raises(SystemExit) as ended:
        main(["fly"])
    assert ended.value.code == 2


def test_import_hands_over_what_was_asked():
    asked = parser().parse_args(
        [
            "import",
            "order-lines",
            "x.csv.gz",
            "--mapping",
            "online-retail",
            "--dry-run",
            "--json",
            "--user",
            "a@b.kr",
        ]
    )
    assert (asked.type, str(asked.file), asked.mapping) == ("order-lines", "x.csv.gz", "online-retail")
    assert asked.dry_run
    assert asked.json
    assert asked.user == "a@b.kr"


@pytest.mark.parametrize(("value", "meaning"), [("1", True), ("on", True), ("0", False), ("", False)])
def test_a_yes_or_no_of_the_environment(monkeypatch, value, meaning):
    monkeypatch.setenv("DANGOL_HTTPS", value)
    assert environment.flag("DANGOL_HTTPS") is meaning


def test_a_setting_that_cannot_be_used_is_named(monkeypatch):
    monkeypatch.setenv("DANGOL_PORT", "eighty")
    with pytest.raises(UnusableSetting, match="DANGOL_PORT"):
        environment.number("DANGOL_PORT", 8000)


def test_the_secret_key_is_made_once_and_kept_closed(tmp_path, monkeypatch):
    monkeypatch.delenv("DANGOL_SECRET_KEY", raising=False)
    monkeypatch.setenv("DANGOL_DATA", str(tmp_path / "data"))
    key = environment.secret_key()
    assert len(key) >= 50
    assert environment.secret_key() == key
    assert (tmp_path / "data" / "secret-key").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret-key"]


def test_behind_https_cookies_are_secure_and_http_is_redirected(tmp_path):
    code = (
        "import json\nfrom dangol.config import settings as s\n"
        "print(json.dumps([s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS,"
        " s.SESSION_COOKIE_HTTPONLY, s.PASSWORD_HASHERS[0]]))"
    )
    environ = {**os.environ, "DANGOL_DATA": str(tmp_path), "DANGOL_HTTPS": "1", "DANGOL_HSTS_SECONDS": "3600"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    *flags, hasher = json.loads(done.stdout)
    assert flags == [True, True, True, 3600, True]
    assert "Argon2" in hasher


@pytest.mark.slow
def test_people_tokens_and_the_doctor(place):
    dangol = Installation(place / "data")
    email, password = dangol.run(
        "user", "add", "jiwoo@example.com", "--name", "김지우", "--role", "sales"
    ).split()
    assert (email, len(password)) == ("jiwoo@example.com", 19)
    assert "sales-manager" in dangol.run("user", "add", "x@example.com", "--role", "king", fails=True)
    token = dangol.run("token", "create", "--user", "jiwoo@example.com", "--actions", "view").splitlines()[-1]
    assert token.startswith("dgl_")
    listed = dangol.run("token", "list")
    assert token not in listed
    number = listed.split("\t")[0]
    dangol.run("token", "revoke", number)
    assert "no longer valid" in dangol.run("token", "list")

    report = json.loads(
        subprocess.run(
            [sys.executable, "-m", "dangol.config", "doctor", "--json"],
            env=dangol.environment,
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    )
    wrong = {finding["name"] for finding in report["findings"] if not finding["good"]}
    assert "worker" in wrong
    assert not wrong & {"python", "postgres", "migrations", "clock", "queue", "dead letters"}
    assert all(finding["mend"] for finding in report["findings"] if not finding["good"])
