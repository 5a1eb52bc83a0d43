"""Business acts on layouts. Each leaves its trace in the access log, and takes effect in every process at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity import policies, revisions
from dangol.identity.actors import Actor
from dangol.identity.models import Role
from dangol.identity.services import audit
from dangol.records import registry
from dangol.records.layouts import arranging
from dangol.records.layouts.arranging import REVISION
from dangol.records.models import Layout
from dangol.records.types import RecordType

MOST_SECTIONS = 30


def arrange(
    *,
    actor: Actor,
    record_type: str,
    role: Role | None,
    sections: Sequence[Mapping[str, Any]],
    hidden: Collection[str],
) -> Layout:
    """Keep the arrangement of a type's fields for the people of a role, or for all others.

    Args:
        actor: an administrator.
        role: None for everybody whose roles have no layout of their own.
        sections: headings in order: `ko`, `en`, `fields`.
        hidden: fields that stand in no form.

    Raises:
        PermissionDenied: the actor may not administer.
        ValidationError: a field stands twice, is none of the type, or every form needs it; a heading has no name.
    """
    policies.require(policies.can_administer(actor), "layout_arrange")
    found = registry.find(record_type)
    if found is None:
        raise ValidationError(_("There is no such type of records."))
    kept = _checked(found, sections)
    needed = sorted(set(hidden) & arranging.needed(found))
    if needed:
        labels = ", ".join(str(found.fields[name].label) for name in needed)
        raise ValidationError(
            _("Every form needs %(fields)s: a new record cannot do without, or a condition asks for it.")
            % {"fields": labels}
        )
    with transaction.atomic():
        layout = Layout.objects.select_for_update().filter(record_type=record_type, role=role).first()
        before = {"sections": layout.sections, "hidden": layout.hidden} if layout else {}
        layout = layout or Layout(record_type=record_type, role=role)
        known = {name for section in found.sections for name in section.fields}
        layout.sections, layout.hidden = kept, sorted(set(hidden) & known)
        after = {"sections": layout.sections, "hidden": layout.hidden}
        if before == after:
            return layout
        layout.save()
        changes = {key: [before.get(key), value] for key, value in after.items() if before.get(key) != value}
        audit.record(actor=actor, act="updated", target=layout, changes=changes)
        revisions.changed(REVISION)
    return layout


def forget(*, actor: Actor, record_type: str, role: Role | None) -> None:
    """Take a layout away: the people of the role have everybody's again, everybody the type's own. Raises PermissionDenied."""
    policies.require(policies.can_administer(actor), "layout_forget")
    with transaction.atomic():
        layout = Layout.objects.select_for_update().filter(record_type=record_type, role=role).first()
        if layout is None:
            return
        audit.record(actor=actor, act="deleted", target=layout)
        layout.delete()
        revisions.changed(REVISION)


def current(record_type: RecordType, role: Role | None) -> tuple[list[dict[str, Any]], list[str], bool]:
    """The arrangement as one goes on with it: headings in both languages with their fields, what is hidden, and whether it is
    the role's own. No query.
    """
    layout = arranging.arranged_for({role.pk} if role else (), record_type)
    own = layout is not None and layout.role_id == (role.pk if role else None)
    arranged = record_type.sections if layout is None else arranging.complete(layout.sections, record_type)
    found = []
    for section in arranged:
        item: dict[str, Any] = {"fields": list(section.fields)}
        for language in ("ko", "en"):
            with translation.override(language):
                item[language] = str(section.label)
        found.append(item)
    return found, sorted(layout.hidden) if layout else [], own


def _checked(record_type: RecordType, sections: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    known = {name for section in record_type.sections for name in section.fields}
    seen: set[str] = set()
    kept = []
    if len(sections) > MOST_SECTIONS:
        raise ValidationError(_("At most %(limit)s headings are possible.") % {"limit": MOST_SECTIONS})
    for section in sections:
        ko, en = str(section.get("ko", "")).strip()[:80], str(section.get("en", "")).strip()[:80]
        if not (ko or en):
            raise ValidationError(_("A heading needs a name."))
        names = [str(name) for name in section.get("fields", ())]
        for name in names:
            if name not in known:
                raise ValidationError(_("There is no field “%(name)s” here.") % {"name": name[:60]})
            if name in seen:
                raise ValidationError(_("The field “%(name)s” stands there twice.") % {"name": name})
            seen.add(name)
        kept.append({"ko": ko or en, "en": en or ko, "fields": names})
    return kept
