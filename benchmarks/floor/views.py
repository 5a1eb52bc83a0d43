"""The rows of one bare statement in a plain table, or as JSON. `FLOOR_SQL` maps a name to statement and parameters."""

import json
import os

import orjson
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

STATEMENTS = json.loads(os.environ["FLOOR_SQL"])


def page(request: HttpRequest, name: str) -> HttpResponse:
    """For whoever is signed in."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    names, rows = _read(name)
    return render(request, "list.html", {"title": name, "names": names, "rows": rows})


def data(request: HttpRequest, name: str) -> HttpResponse:
    """The same as JSON, for everybody."""
    names, rows = _read(name)
    body = orjson.dumps([dict(zip(names, row, strict=True)) for row in rows], default=str)
    return HttpResponse(body, content_type="application/json")


def _read(name: str) -> tuple[list[str], list[tuple[object, ...]]]:
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS[name])
        return [column.name for column in cursor.description], cursor.fetchall()


urlpatterns = [path("page/<str:name>/", page), path("data/<str:name>/", data)]
