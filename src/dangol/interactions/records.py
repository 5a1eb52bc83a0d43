"""What the kernel knows of interactions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dangol.customers import reaching
from dangol.identity.actors import Actor
from dangol.interactions import services, synonyms
from dangol.interactions.models import Interaction
from dangol.records.fields import FieldError
from dangol.records.registry import register
from dangol.records.search.keys import Words
from dangol.records.types import Draft, Owned, RecordType, Section, WrittenRows

KIND_TONES = {"note": "", "call": "p", "meeting": "b", "mail": "g", "task": "o"}


@register
class InteractionRecord(RecordType):
    """A note, call, meeting, mail or task."""

    name = "interaction"
    path = "interactions"
    label = _("Interaction")
    label_plural = _("Interactions")
    icon = "messages"
    department = "customers"
    order = 13
    personal = True
    model = Interaction
    synonyms = synonyms.INTERACTION
    title = "subject"
    subtitle = ("kind", "customer", "contact")
    card_fields = ("customer", "owner", "occurred_at", "kind")
    list_fields = ("subject", "kind", "customer", "contact", "owner", "occurred_at", "due_at", "done_at")
    default_sort = ("-occurred_at",)
    scope = Owned()
    keys = ("external_id",)
    search = (Words("subject"),)
    options = {"kind": {"tones": KIND_TONES}, "occurred_at": {"required": False}}
    sections = (
        Section(_("Basics"), ("kind", "subject", "customer", "contact", "body", "outcome")),
        Section(_("Dates"), ("occurred_at", "ends_at", "duration_minutes", "due_at", "done_at", "direction")),
        Section(_("Responsible"), ("owner", "team", "territory")),
        Section(_("Other details"), ("external_id",)),
    )

    def before_write(self, rows: Sequence[Draft], *, actor: Actor) -> None:
        """What happened without a time happened now; a contact brings its customer along."""
        services.complete_drafts(rows, now=timezone.now())

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """The contact is one of the customer's. One query.

        What came from another system keeps the pair it had there: people change employers, what they said stays.
        """
        return reaching.contact_problems([draft for draft in rows if not draft.get("external_id")])

    def after_write(self, written: WrittenRows, *, actor: Actor) -> None:
        """Tell it on the timelines of the customer and the contact."""
        services.timeline_refresh(written)
