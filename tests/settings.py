"""The project's settings, with what only tests need."""

from dangol.config.settings import *  # noqa: F403
from dangol.config.settings import INSTALLED_APPS as OURS
from dangol.config.settings import STORAGES as STORES

INSTALLED_APPS = [*OURS, "tests.workshop"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
