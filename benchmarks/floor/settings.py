"""The same Django, database and sign-in as Dangol's, without anything round them."""

from dangol.config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.floor.views"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # which allauth insists on; it does nothing here
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                ("django.template.loaders.cached.Loader", [
                    ("django.template.loaders.locmem.Loader", {"list.html": (
                        "<!doctype html><html><head><title>{{ title }}</title></head><body><table><thead><tr>"
                        "{% for name in names %}<th>{{ name }}</th>{% endfor %}</tr></thead><tbody>"
                        "{% for row in rows %}<tr>{% for value in row %}<td>{{ value }}</td>{% endfor %}</tr>\n"
                        "{% endfor %}</tbody></table></body></html>"
                    )})
                ])
            ]
        },
    }
]  # fmt: skip
