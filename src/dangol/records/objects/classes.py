"""The Django models of own objects, made while the project runs.

All own objects have the same columns, so a model depends on nothing but the object's name: it is made once in a process and
is the same one again when the object is switched off and on. What an administrator adds are own fields, in the column `own`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import models
from django.db.backends.utils import names_digest
from django.utils.translation import gettext_lazy as _

from dangol.records.models import OwnedRecord

APP = "own_objects"
_made: dict[str, type[OwnedRecord]] = {}
_lock = threading.RLock()


def model_of(name: str) -> type[OwnedRecord]:
    """The model of the own object of that name, whose table has the same name.

    It is known to Django from then on – who deletes a user or a team finds the records that belong to them –, and to
    nothing that writes migrations or makes tables.
    """
    with _lock:
        if name not in _made:
            _made[name] = _make(name)
        model = _made[name]
        if _registered().get(model._meta.model_name or "") is not model:
            _register({**_registered(), str(model._meta.model_name): model})
        return model


def known(names: Iterable[str]) -> None:
    """Have Django know the models of these own objects and of no others: those have no table."""
    with _lock:
        wanted = {name: model_of(name) for name in names}
        if set(_registered()) != set(wanted):
            _register(dict(wanted))


def _registered() -> dict[str, type[models.Model]]:
    return apps.get_app_config(APP).models


def _register(known: dict[str, type[models.Model]]) -> None:
    # Another dictionary in its place: threads that walk through the one before go on undisturbed.
    apps.get_app_config(APP).models = apps.all_models[APP] = known
    apps.clear_cache()


def _make(name: str) -> type[OwnedRecord]:
    # Django enters each new model into the dictionary of its app; let it be one that nobody reads.
    kept = apps.all_models[APP]
    apps.all_models[APP] = {}
    try:
        return type(name, (OwnedRecord,), _contents(name))
    finally:
        apps.all_models[APP] = kept


def _contents(name: str) -> dict[str, Any]:
    base: Any = OwnedRecord.Meta
    meta = {
        "app_label": APP,
        "db_table": name,
        "constraints": [
            models.UniqueConstraint(fields=["number"], name=f"{name}_number_once"),
            models.UniqueConstraint(fields=["external_id"], name=f"{name}_external_id_once"),
        ],
        "indexes": [
            models.Index(fields=["name", "id"]),
            # read backwards for the newest; in this order what is new goes in at the end, which is cheaper
            models.Index(fields=["team", "updated_at", "id"]),
            models.Index(fields=["updated_at", "id"]),
            # An index can have no longer name than 30 letters; without a condition Django makes one up.
            models.Index(
                fields=["territory"],
                name=f"territory_{names_digest(name, length=8)}",
                condition=models.Q(territory__isnull=False),
            ),
        ],
    }
    return {
        "__module__": __name__,
        "__doc__": f"A record of the own object {name}.",
        "__str__": lambda self: self.name,
        "Meta": type("Meta", (base,), meta),
        "name": models.CharField(_("Name"), max_length=200, db_collation="C"),
        "number": models.CharField(
            _("Record number"), max_length=40, null=True, blank=True, db_collation="C"
        ),
        "external_id": models.CharField(
            _("Number elsewhere"), max_length=64, null=True, blank=True, db_collation="C"
        ),
    }
