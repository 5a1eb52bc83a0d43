"""Says what happened to a record while someone was editing an older version of it."""

from collections.abc import Mapping

from django.contrib.auth import get_user_model
from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import fieldrules, permissions
from dangol.records.fields import Locale
from dangol.records.history import changes_since, columns_told
from dangol.records.models import Change
from dangol.records.types import RecordType

MOST_CHANGES = 1_000


def change_message(
    record_type: RecordType, record_id: int, version: int, locale: Locale, actor: Actor
) -> str:
    """Who changed which fields since `version`, for somebody who still looks at that version; empty where that was only
    what is hidden from that person. Three queries at most.
    """
    with translation.override(locale.language):
        changes = changes_since(record_type, record_id, version, actor=actor)
        if not changes and fieldrules.seen_by(actor, record_type) is not record_type:
            return ""
        labels = sorted({str(change.label) for item in changes for change in item.fields})
        names = sorted({item.actor_name for item in changes if item.fields})
        if not labels:
            return _("This record has been changed.")
        return _("%(who)s changed %(fields)s.") % {"who": ", ".join(names), "fields": ", ".join(labels)}


def changers(record_type: RecordType, versions: Mapping[int, int], *, actor: Actor) -> set[str]:
    """Who changed those of these records that the actor may see and that have another version by now; not who changed only
    what is hidden from the actor. One query, three under field rules.

    Args:
        versions: by id, the version that the actor looks at.
    """
    rows = permissions.visible_to(actor, record_type).filter(pk__in=list(versions))
    newer = {
        pk: who
        for pk, version, who in rows.values_list("pk", "version", "updated_by__name")
        if version != versions[pk]
    }
    if not newer or fieldrules.seen_by(actor, record_type) is record_type:
        return {who or _("System") for who in newer.values()}
    told = {*columns_told(actor, record_type), "deleted_at"}
    changes = Change.objects.filter(table=record_type.table.name, record_id__in=list(newer))
    users = {
        by
        for pk, version, by, columns in changes.order_by("-id").values_list(
            "record_id", "version", "actor_id", "changes"
        )[:MOST_CHANGES]
        if version > versions[pk] and told & columns.keys()
    }
    known = get_user_model()._default_manager.filter(pk__in=[by for by in users if by is not None])
    names: dict[int | None, str] = dict(known.values_list("pk", "name"))
    return {names.get(by) or _("System") for by in users}


def conflict_message(
    record_type: RecordType, record_id: int, version: int, locale: Locale, actor: Actor
) -> str:
    """Who changed which fields since `version`. One query."""
    with translation.override(locale.language):
        changes = changes_since(record_type, record_id, version, actor=actor)
        if not any(item.fields for item in changes):
            return _(
                "The record has been changed since you opened it. Reload it and enter your change again."
            )
        labels = sorted({str(change.label) for item in changes for change in item.fields})
        names = sorted({item.actor_name for item in changes})
        return _(
            "%(who)s changed %(fields)s in the meantime. Reload the record and enter your change again."
        ) % {"who": ", ".join(names), "fields": ", ".join(labels)}
