"""Takes the demo company away again: exactly what was loaded, and what its own users did with it.

Every row the loader made was created by its user, who cannot sign in; every demo user has an address in the demo's
domain. What anybody else created or changed is real data: as long as there is some on demo records, nothing is removed.
"""

from __future__ import annotations

from collections.abc import Sequence

import pgtrigger
from django.db import transaction
from django.db.models import ProtectedError

from dangol.commerce.models import InvoiceTotal, OrderTotal
from dangol.config.demo.loading import LOADER_EMAIL, Progress
from dangol.config.demo.organisation import MAIL_DOMAIN, TEAM_TREE, TERRITORY_TREE
from dangol.identity.actors import Actor
from dangol.identity.models import Team, Territory, User
from dangol.identity.services import user_deactivate
from dangol.insight.models import Dashboard
from dangol.interactions.models import TimelineEntry
from dangol.measures.models import Score
from dangol.records import registry
from dangol.records.models import Change
from dangol.records.search import index
from dangol.records.types import RecordType

# Children before those they point at.
TYPES = (
    "interaction", "invoice_line", "invoice", "order_line", "order", "product", "category", "contact_point", "contact",
    "customer",
)  # fmt: skip


class RealDataError(RuntimeError):
    """Real users made or changed records that stand on demo data; `found` says how many of which type."""

    def __init__(self, found: dict[str, int]) -> None:
        listed = ", ".join(f"{count} × {name}" for name, count in found.items())
        super().__init__(f"records that real users made or changed stand on the demo data: {listed}")
        self.found = found


def clear(progress: Progress = lambda text: None) -> dict[str, int]:
    """Remove the demo company, its history, scores, timeline and search entries, in one transaction.

    Returns:
        How many rows of each record type were removed; empty when there was no demo company.

    Raises:
        RealDataError: real data stand on it; nothing was removed.
    """
    users = list(User.objects.filter(email__endswith=f"@{MAIL_DOMAIN}").values_list("pk", flat=True))
    if not User.objects.filter(email=LOADER_EMAIL).exists():
        return {}
    removed: dict[str, int] = {}
    with transaction.atomic(), pgtrigger.ignore():
        ids = {name: _made_by(registry.get(name), users) for name in TYPES}
        real = {name: count for name in TYPES if (count := _real(registry.get(name), users, ids))}
        if real:
            raise RealDataError(real)
        for name in TYPES:
            removed[name] = _remove(registry.get(name), ids[name])
            progress(f"demo: removed {removed[name]} × {name}")
        _remove_dashboards(users)
        _remove_people(users)
    return removed


def _made_by(record_type: RecordType, users: Sequence[int]) -> list[int]:
    rows = record_type.model._default_manager.filter(created_by__in=users)
    return list(rows.order_by().values_list("pk", flat=True))


def _real(record_type: RecordType, users: Sequence[int], ids: dict[str, list[int]]) -> int:
    """Records of the demo that real users changed, and records of real users that point at the demo's."""
    rows = record_type.model._default_manager.all()
    changed = (
        Change.objects.filter(
            table=record_type.table.name, record_id__in=ids[record_type.name], actor_id__isnull=False
        )
        .exclude(actor_id__in=users)
        .values("record_id")
        .distinct()
        .count()
    )
    standing = 0
    for field in record_type.fields.values():
        target = field.target
        if target in ids:
            on_demo = rows.filter(**{f"{field.column}__in": ids[target]})
            standing += on_demo.exclude(created_by__in=users).count()
    return changed + standing


def _remove(record_type: RecordType, ids: list[int]) -> int:
    if not ids:
        return 0
    table = record_type.table.name
    rows = record_type.model._default_manager.filter(pk__in=ids)
    index.remove(record_type, ids)
    Score.objects.filter(record_type=record_type.name, record_id__in=ids).delete()
    TimelineEntry.objects.filter(source_type=record_type.name, source_id__in=ids).delete()
    TimelineEntry.objects.filter(subject_type=record_type.name, subject_id__in=ids).delete()
    Change.objects.filter(table=table, record_id__in=ids).delete()
    if record_type.name == "order":
        OrderTotal.objects.filter(order__in=ids).delete()
    if record_type.name == "invoice":
        InvoiceTotal.objects.filter(invoice__in=ids).delete()
    if record_type.name in ("customer", "category"):
        rows.update(parent=None)
    # Not through Django's collector, which would read every row and everything that points at it.
    return int(rows._raw_delete(rows.db))


def _remove_dashboards(users: Sequence[int]) -> None:
    """Those of the demo's people, but for one that a real user has changed: that one is the company's by now."""
    table = Dashboard._meta.db_table
    made = Dashboard.objects.filter(created_by__in=users)
    changes = Change.objects.filter(table=table, record_id__in=made.values("pk"))
    kept = (
        changes.filter(actor_id__isnull=False).exclude(actor_id__in=users).values_list("record_id", flat=True)
    )
    ids = list(made.exclude(pk__in=list(kept)).values_list("pk", flat=True))
    Change.objects.filter(table=table, record_id__in=ids).delete()
    Dashboard.objects.filter(pk__in=ids).delete()


def _remove_people(users: Sequence[int]) -> None:
    """Users, teams and territories; whoever stands in the log of access changes is deactivated instead."""
    system = Actor.system("demo")
    for user in User.objects.filter(pk__in=users):
        try:
            with transaction.atomic():
                user.roles.clear()
                user.delete()
        except ProtectedError:
            if user.is_active:
                user_deactivate(user=user, actor=system)
            User.objects.filter(pk=user.pk).update(
                team=None, territory=None, email=f"gone-{user.pk}@{MAIL_DOMAIN}"
            )
    for model, tree in ((Team, TEAM_TREE), (Territory, TERRITORY_TREE)):
        for name, _parent in reversed(tree):
            for node in model.objects.filter(name=name, members=None, children=None):
                try:
                    with transaction.atomic():
                        node.delete()
                except ProtectedError:
                    continue  # real records lie in it by now
