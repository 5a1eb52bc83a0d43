"""Mappings under a name."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor, may_administer
from dangol.records.importing.choices import is_unfinished
from dangol.records.importing.errors import ImportProblem
from dangol.records.models import ImportRun, SavedMapping

TITLE_LENGTH = 120


def saved_mappings(types: Iterable[str]) -> list[SavedMapping]:
    """The saved mappings that write nothing but these record types, by name. One query."""
    allowed = set(types)
    return [saved for saved in SavedMapping.objects.order_by("title") if set(saved.record_types) <= allowed]


def mapping_save(*, run: ImportRun, title: str, actor: Actor) -> SavedMapping:
    """Keep a run's mapping under a name. One's own mapping of that name is replaced.

    Raises:
        ImportProblem: the name is missing, or is that of somebody else's mapping, or there is no mapping yet.
    """
    title = " ".join(title.split())[:TITLE_LENGTH]
    if not title:
        raise ImportProblem(_("Give the mapping a name."))
    if is_unfinished(run):
        raise ImportProblem(_("Choose the columns first."))
    data = {**run.mapping, "title": title}
    with transaction.atomic():
        there = SavedMapping.objects.select_for_update().filter(title=title).first()
        if there is None:
            there = SavedMapping(title=title, owner_id=actor.user_id)
        elif there.owner_id != actor.user_id and not may_administer(actor):
            raise ImportProblem(_("Somebody else's mapping has this name already. Choose another one."))
        there.mapping, there.choices, there.record_types = data, run.choices, run.record_types
        try:
            with transaction.atomic():
                there.save()
        except IntegrityError:
            raise ImportProblem(
                _("Somebody else's mapping has this name already. Choose another one.")
            ) from None
    return there


def mapping_forget(*, saved: SavedMapping, actor: Actor) -> None:
    """Delete a saved mapping; runs keep theirs. Raises ImportProblem."""
    if saved.owner_id != actor.user_id and not may_administer(actor):
        raise ImportProblem(_("Only who saved a mapping, or an administrator, may delete it."))
    saved.delete()
