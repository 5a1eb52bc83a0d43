"""The project's settings, with what only tests need."""

from tests import servers

servers.start()  # its address must stand in the environment before the settings are read

from dangol.config.settings import *  # noqa: E402, F403
from dangol.config.settings import INSTALLED_APPS as OURS  # noqa: E402
from dangol.config.settings import STORAGES as STORES  # noqa: E402

INSTALLED_APPS = [*OURS, "tests.workshop"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
