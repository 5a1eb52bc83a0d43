"""What stands on a tag's page: where it is used, and joining it to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor, may_administer
from dangol.records import fieldrules, permissions, ports, registry
from dangol.records.filters.canonical import value_text
from dangol.records.models import Tag, TagLink


def register() -> None:
    """Contribute the cards; called once."""
    ports.add_panel("tag", ports.Panel("uses", _("Where it is used"), "records/tags/uses.html", _uses))
    ports.add_panel("tag", ports.Panel("merge", _("Join to another tag"), "records/tags/merge.html", _merge))


def _uses(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Links to the lists of records that bear the tag. One query; numbers are the lists' own matter, by permission."""
    used = (
        TagLink.objects.filter(tag_id=record["id"])
        .order_by()
        .values_list("record_type", flat=True)
        .distinct()
    )
    query = urlencode({"filter": f"tags = {value_text(record['name'])}"})
    found = [registry.find(name) for name in sorted(used)]
    return {
        "links": [
            (known.label_plural, known.icon, f"/{known.path}/?{query}")
            for known in found
            if known is not None
            and permissions.allowed(actor, known, "view")
            and fieldrules.is_clear(actor, known.name, "tags")
        ]
    }


def _merge(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if not may_administer(actor):
        return None
    others = Tag.objects.filter(deleted_at=None).exclude(pk=record["id"]).order_by("name")
    return {"others": list(others.values_list("pk", "name")[:500])}
