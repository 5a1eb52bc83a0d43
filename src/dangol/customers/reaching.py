"""Contact points: the value is a phone number or an address, as its kind says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from dangol.customers.models import Contact, PointKind
from dangol.identity.actors import Actor
from dangol.records.fields import Email, Field, FieldError, Locale, Phone, Ref
from dangol.records.types import Draft

_KINDS: dict[str, Field] = {
    PointKind.PHONE: Phone("value"),
    PointKind.FAX: Phone("value"),
    PointKind.EMAIL: Email("value"),
}


def _locale(actor: Actor) -> Locale:
    return Locale(actor.language, ZoneInfo(actor.time_zone))


def normalise(rows: Sequence[Draft], *, actor: Actor) -> None:
    """Store numbers as E.164 and domains in lower case; what cannot be read stays for `problems` to name."""
    locale = _locale(actor)
    for draft in rows:
        kind, value = draft.get("kind"), draft.get("value")
        if value and kind in _KINDS and ("value" in draft.values or "kind" in draft.values):
            try:
                draft.values["value"] = _KINDS[kind].parse(value, locale)
            except FieldError:
                continue


def problems(rows: Sequence[Draft], *, actor: Actor) -> Iterator[tuple[int, str, FieldError]]:
    """Values that are none of their kind, and contacts of other customers. One query, none without contacts."""
    locale = _locale(actor)
    for draft in rows:
        kind, value = draft.get("kind"), draft.get("value")
        if value and kind in _KINDS:
            try:
                _KINDS[kind].parse(value, locale)
            except FieldError as problem:
                yield draft.index, "value", problem
    yield from contact_problems(rows)


def contact_problems(rows: Sequence[Draft]) -> Iterator[tuple[int, str, FieldError]]:
    """Rows whose contact belongs to another customer than theirs. One query, none without contacts."""
    pairs = {
        draft.index: (contact.id, customer.id)
        for draft in rows
        if isinstance(contact := draft.get("contact"), Ref)
        and isinstance(customer := draft.get("customer"), Ref)
        and ("contact" in draft.values or "customer" in draft.values)
    }
    if not pairs:
        return
    customers = dict(
        Contact.objects.filter(pk__in={contact for contact, _customer in pairs.values()}).values_list(
            "pk", "customer_id"
        )
    )
    for index, (contact, customer) in pairs.items():
        if contact is not None and customers.get(contact) != customer:
            yield (
                index,
                "contact",
                FieldError("other_customer", _("This contact belongs to another customer.")),
            )
