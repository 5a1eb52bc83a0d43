"""Says what happened to a record while someone was editing an older version of it."""

from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records.fields import Locale
from dangol.records.history import changes_since
from dangol.records.types import RecordType


def change_message(
    record_type: RecordType, record_id: int, version: int, locale: Locale, actor: Actor
) -> str:
    """Who changed which fields since `version`, for somebody who still looks at that version. Three queries at most."""
    with translation.override(locale.language):
        changes = [
            item for item in changes_since(record_type, record_id, version, actor=actor) if item.fields
        ]
        labels = sorted({str(change.label) for item in changes for change in item.fields})
        names = sorted({item.actor_name for item in changes})
        if not labels:
            return _("This record has been changed.")
        return _("%(who)s changed %(fields)s.") % {"who": ", ".join(names), "fields": ", ".join(labels)}


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
