"""Who may see which run, and what every page of a run shows."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.importing import registry as mappings
from dangol.records.importing import runs
from dangol.records.importing.choices import CHOSEN
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.mapping import read_mapping
from dangol.records.models import ImportRun

MENU_KEY = "imports"
TONES = {
    "draft": "",
    "waiting": "b",
    "running": "b",
    "paused": "g",
    "finished": "p",
    "cancelled": "g",
    "failed": "r",
}


def actor_of(request: HttpRequest) -> Actor:
    """The actor, if there is anything at all that he may import; else the pages do not exist for him."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None or not runs.importable_types(actor):
        raise Http404
    return actor


def run_of(request: HttpRequest, key: uuid.UUID) -> tuple[Actor, ImportRun]:
    """The actor and the run, if he may see it. One query."""
    actor = actor_of(request)
    run = runs.runs_visible_to(actor).select_related("owner", "schedule").filter(key=key).first()
    if run is None:
        raise Http404
    return actor, run


def address_of(run: ImportRun) -> str:
    return reverse("imports:detail", args=[run.key])


def type_labels(run: ImportRun) -> str:
    known = (registry.find(name) for name in run.record_types)
    return ", ".join(str(item.label_plural) for item in known if item)


def mapping_title(run: ImportRun) -> str:
    """What the run's mapping is called in the active language."""
    try:
        mapping = read_mapping(run.mapping, name=run.mapping_name)
    except ImportProblem:
        # The mapping was right when the run was made; a type or field has gone since.
        mapping = None
    if mapping is not None and mapping.title:
        return mappings.title(mapping)
    if run.mapping_name.startswith(CHOSEN):
        return _("Chosen column by column")
    if run.mapping_name.startswith("auto:"):
        return _("Automatic, by the header row")
    return run.mapping_name


def facts(actor: Actor, run: ImportRun) -> dict[str, Any]:
    """What the pages of a run have in common."""
    return {
        "run": run,
        "tone": TONES[run.state],
        "types": type_labels(run),
        "mapping_title": mapping_title(run),
        "is_own": run.owner_id == actor.user_id,
        "percent": int(run.share_done * 100),
        "left": run.seconds_left,
        "menu_key": MENU_KEY,
    }
