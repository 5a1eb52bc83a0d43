"""The command `dangol move`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.integrations.models import Move, MoveState
from dangol.integrations.moving import carrying, looking, planning, services
from dangol.integrations.moving.plans import Plan, plan_from_json
from dangol.records.commandline import FAILED, INTERRUPTED, MISUSED, OK, Misuse, actor_called, say
from dangol.records.importing.errors import ImportProblem


def run(args: argparse.Namespace) -> int:
    """Move a folder in and return the exit code: 0 also when rows were rejected, 1 failed, 2 misused.

    Called again after it was killed, it goes on where it stopped: the same files are the same move until it has ended.
    """
    try:
        actor = actor_called(args.user, "move")
        with translation.override(actor.language):
            return _moved(args, actor)
    except Misuse as misuse:
        return say(str(misuse), MISUSED)
    except PermissionDenied:
        return say(_("Only administrators move in."), FAILED)
    except ImportProblem as problem:
        return say(str(problem), FAILED)
    except (OperationalError, InterfaceError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        text = _("The database went away: %(why)s. Run the same command again to go on where it stopped.")
        return say(text % {"why": first}, FAILED)
    except KeyboardInterrupt:
        return say(_("Interrupted. Run the same command again to go on where it stopped."), INTERRUPTED)


def _moved(args: argparse.Namespace, actor: Actor) -> int:
    files = looking.files_in(args.folder)
    move = services.move_create(
        actor=actor, files=files, recipe=args.recipe or planning.AUTOMATIC, date_order=args.dates or ""
    )
    plan = plan_from_json(move.plan)
    if args.dry_run:
        try:
            told = carrying.rehearse(move, actor)
        finally:
            services.move_remove(move=Move.objects.get(pk=move.pk), actor=actor)
        _write(args, plan, told["steps"], move)
        return say(told["message"], FAILED) if told["state"] == carrying.FAILED else OK
    unfinished = _unfinished(move, actor)
    if unfinished is not None:
        services.move_remove(move=move, actor=actor)
        move, plan = unfinished, plan_from_json(unfinished.plan)
        say(_("Going on with the move that was begun."), OK)
    move = carrying.carry_out(move, actor)
    plan = plan_from_json(move.plan)
    runs = services.runs_of(move)
    sums = move.rehearsed.get("sums", {})
    steps = {
        step.name: {
            "rows": run.rows,
            "imported": run.imported,
            "unchanged": run.unchanged,
            "rejected": run.rejected,
            "created": run.created,
            "updated": run.updated,
            "sums": sums.get(step.name, []),
        }
        for step in plan.carried_out()
        if (run := runs.get(step.run or 0)) is not None
    }
    _write(args, plan, steps, move)
    return OK if move.state == MoveState.FINISHED else say(move.message, FAILED)


def _unfinished(move: Move, actor: Actor) -> Move | None:
    """The move of the same files that was begun and has not come to its end."""
    contents = sorted(file["sha256"] for file in move.plan["files"])
    open_states = [MoveState.WAITING, MoveState.RUNNING, MoveState.PAUSED, MoveState.FAILED]
    begun = services.moves_visible_to(actor).filter(state__in=open_states, owner_id=actor.user_id)
    for one in begun.exclude(pk=move.pk).order_by("-pk"):
        if sorted(file["sha256"] for file in one.plan["files"]) == contents:
            return one
    return None


def _write(args: argparse.Namespace, plan: Plan, steps: dict[str, Any], move: Move) -> None:
    left = [plan.files[at].name for at in plan.left()]
    if args.json:
        told = {"recipe": move.recipe, "dry_run": args.dry_run, "steps": steps, "left": left}
        sys.stdout.write(f"{json.dumps(told, ensure_ascii=False)}\n")
        return
    lines = [_("Dry run, nothing was written.")] if args.dry_run else []
    for step in plan.carried_out():
        if (one := steps.get(step.name)) is None:
            continue
        text = _(
            "%(file)s: %(rows)s rows: %(imported)s imported, %(unchanged)s unchanged, %(rejected)s rejected"
        )
        counts = {name: f"{one[name]:,}" for name in ("rows", "imported", "unchanged", "rejected")}
        lines.append(text % {"file": plan.files[step.file].name, **counts})
        lines += [f"    {reason['rows']:,} × {reason['reason']}" for reason in one.get("reasons", ())[:5]]
        lines += [
            _("    sum of %(column)s: %(file)s in the file, %(kept)s here")
            % {"column": each["column"], "file": each["file"], "kept": each["kept"]}
            for each in one["sums"]
            if not each["equal"]
        ]
    if left:
        lines.append(_("Not understood and left: %(files)s") % {"files": ", ".join(left)})
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
