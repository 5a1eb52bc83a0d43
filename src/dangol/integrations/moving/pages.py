"""What the pages of a move show."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.identity.models import User
from dangol.integrations.models import Move, MoveState
from dangol.integrations.moving import people, recipes, services
from dangol.integrations.moving.expressions import columns_of
from dangol.integrations.moving.plans import Plan, PlannedStep, plan_from_json
from dangol.records import registry
from dangol.records.importing import runs
from dangol.records.models import ImportRun, OwnKind
from dangol.web import formats

TONES = {
    MoveState.DRAFT: "", MoveState.WAITING: "b", MoveState.RUNNING: "b", MoveState.PAUSED: "g", MoveState.FINISHED: "p",
    MoveState.FAILED: "r", MoveState.UNDOING: "b", MoveState.UNDONE: "g",
}  # fmt: skip
SHOWN_REASONS = 8


def recipe_choices() -> list[tuple[str, str]]:
    """Name and title of every recipe, in the language in force."""
    return [(recipe.name, said(recipe.title)) for recipe in recipes.all_recipes()]


def said(texts: Any) -> str:
    """One of the texts by language."""
    language = (get_language() or "en").split("-")[0]
    return str(texts.get(language) or texts.get("en") or "")


def listed(actor: Actor) -> list[dict[str, Any]]:
    """The moves there are, newest first. One query."""
    titles = dict(recipe_choices())
    return [
        {
            "move": move,
            "url": reverse("moving:detail", args=[move.key]),
            "title": titles.get(move.recipe) or _("Excel, or another program"),
            "files": len(move.plan.get("files", ())),
            "tone": TONES[MoveState(move.state)],
        }
        for move in services.moves_visible_to(actor).order_by("-pk")[:50]
    ]


def of_move(move: Move, actor: Actor) -> dict[str, Any]:
    """Everything about one move. Five queries at most."""
    plan = plan_from_json(move.plan)
    known = services.runs_of(move)
    recipe = recipes.named(move.recipe)
    steps = [_step(move, plan, step, known.get(step.run or 0), actor) for step in plan.steps]
    is_draft = move.state == MoveState.DRAFT
    context: dict[str, Any] = {
        "move": move,
        "tone": TONES[MoveState(move.state)],
        "is_draft": is_draft,
        "recipe_title": said(recipe.title) if recipe else _("Excel, or another program"),
        "recipe_note": said(recipe.note) if recipe else "",
        "steps": steps,
        "left": [{"at": at, "file": plan.files[at]} for at in plan.left()],
        "relations": [
            {
                "from": f"{plan.files[one.file].name}: {one.column}",
                "to": f"{plan.files[one.to_file].name}: {one.to_column}",
                "share": formats.percent(one.share, actor.language, 0),
            }
            for one in plan.relations
        ],
        "rehearsed": move.rehearsed,
        "rehearsing": move.rehearsed.get("state") == "running" and is_draft,
        "rehearsal_failed": move.rehearsed.get("state") == "failed",
        "rehearsed_whole": move.rehearsed.get("state") == "done",
        "totals": _totals(steps),
        "may_start": is_draft or move.state in (MoveState.PAUSED, MoveState.FAILED),
        "may_undo": not move.is_active and move.state not in (MoveState.DRAFT, MoveState.UNDONE),
        "menu_key": "moving",
    }
    if is_draft:
        context |= {
            "types": [(one.name, one.label_plural) for one in runs.importable_types(actor)],
            "people": [{"at": at, "person": person} for at, person in enumerate(plan.people)],
            "users": list(
                User.objects.filter(is_active=True).order_by("name").values_list("pk", "name", "email")
            )
            if plan.people
            else [],
            "acts": _acts(),
            "fields": [
                {
                    "field": one,
                    "type": registry.get(one.record_type).label,
                    "kind": OwnKind(one.kind).label,
                    "samples": ", ".join(one.samples),
                    "value": f"{one.step}\n{one.column}",
                }
                for one in plan.fields
                if registry.find(one.record_type)
            ],
        }
        context["fields_open"] = sum(not one["field"].made for one in context["fields"])
    return context


def _shown_sum(one: dict[str, Any], language: str) -> dict[str, Any]:
    """A sum of a column with its amounts as people write them."""
    return {**one, **{name: formats.number(Decimal(one[name]), language) for name in ("file", "kept")}}


def _acts() -> list[tuple[str, str]]:
    return [
        (people.EXISTING, _("Is this user:")),
        (people.NEW, _("New account")),
        (people.INACTIVE, _("New account that cannot sign in")),
        (people.NOBODY, _("Nobody; leave owners empty")),
    ]


def _step(move: Move, plan: Plan, step: PlannedStep, run: ImportRun | None, actor: Actor) -> dict[str, Any]:
    """A step with its totals: those of its run, or of the dry run."""
    file = plan.files[step.file]
    tried = move.rehearsed.get("steps", {}).get(step.name) if move.state == MoveState.DRAFT else None
    totals = _counts(run) if run else tried
    reasons = (tried or {}).get("reasons", ())
    sums = (tried or {}).get("sums") or move.rehearsed.get("sums", {}).get(step.name, [])
    return {
        "step": step,
        "file": file,
        "types": ", ".join(
            str(registry.get(name).label_plural) for name in step.types if registry.find(name)
        ),
        "columns": len([column for column in file.header if column in columns_of(step.mapping)]),
        "of_columns": len([column for column in file.header if column]),
        "totals": totals,
        "reasons": [{**one, "where": _where(step, one)} for one in reasons[:SHOWN_REASONS]],
        "lost": (tried or {}).get("lost", {}),
        "sums": [_shown_sum(one, actor.language) for one in sums],
        "run_url": reverse("imports:detail", args=[run.key]) if run else "",
        "state": run.get_state_display() if run else "",
        "undone": run.get_undo_display() if run and run.undo else "",
        "is_now": run is not None and run.state == "running",
    }


def _where(step: PlannedStep, reason: dict[str, Any]) -> str:
    """The column that a problem is in, or what the field is called."""
    if reason["column"]:
        return str(reason["column"])
    known = (registry.find(name) for name in step.types)
    return next(
        (str(one.fields[reason["field"]].label) for one in known if one and reason["field"] in one.fields), ""
    )


def _counts(run: ImportRun) -> dict[str, Any]:
    return {
        "rows": run.rows,
        "imported": run.imported,
        "unchanged": run.unchanged,
        "rejected": run.rejected,
    }


def _totals(steps: list[dict[str, Any]]) -> dict[str, int]:
    """All steps added up."""
    names = ("rows", "imported", "unchanged", "rejected")
    return {name: sum(one["totals"][name] for one in steps if one["totals"]) for name in names}
