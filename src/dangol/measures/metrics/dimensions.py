"""By what a metric can be split: choices, people, teams and places of the records that its rows lead to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.identity.models import Team, Territory, User
from dangol.measures.fields import ScoreField
from dangol.measures.lake.filters import is_kept
from dangol.measures.metrics.declaration import Column, Link, Metric, base_of, get
from dangol.measures.metrics.errors import QuestionError
from dangol.records import fieldrules, permissions, registry
from dangol.records.fields import Field, Locale
from dangol.records.fields.own import Own
from dangol.records.filters.names import target_of
from dangol.records.titles import titles
from dangol.records.types import RecordType

PLACES: Final = ("owner", "team", "territory")
_NAMES: Final[dict[str, type[Any]]] = {"owner": User, "team": Team, "territory": Territory}


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to split a metric: by a field of a linked record, or by a column of the dataset."""

    name: str
    label: str | Promise
    link: Link | None = None
    field: Field | None = None
    record_type: RecordType | None = None
    column: Column | None = None

    @property
    def scored(self) -> bool:
        """Whether the values are scores, which stand beside the records."""
        return isinstance(self.field, ScoreField)


def dimensions_for(actor: Actor, metric: Metric) -> dict[str, Dimension]:
    """The dimensions by which the actor may split the metric, by name. No query.

    A field that is hidden or masked for the actor tells nothing apart, so it is none of them.
    """
    if metric.ratio is not None:
        above, below = (dimensions_for(actor, get(name)) for name in metric.ratio)
        return {name: dimension for name, dimension in below.items() if name in above}
    found: dict[str, Dimension] = {}
    for column in metric.columns:
        found[column.name] = Dimension(column.name, column.label, column=column)
    for link in metric.links:
        record_type = registry.find(link.record_type)
        if record_type is None or not permissions.allowed(actor, record_type, "view"):
            continue
        for name, field in permissions.fields_for(actor, record_type).items():
            if _splits(actor, field, name, link, record_type) and fieldrules.answers(
                actor, record_type, name, "="
            ):
                key = f"{record_type.name}.{name}"
                label = (
                    field.label if link.record_type == metric.lists else f"{record_type.label} {field.label}"
                )
                found[key] = Dimension(key, label, link=link, field=field, record_type=record_type)
    return found


def _splits(actor: Actor, field: Field, name: str, link: Link, record_type: RecordType) -> bool:
    wanted = name in link.fields or name in PLACES or field.kind == "choice"
    if not wanted or name == "currency":
        return False
    if isinstance(field, ScoreField):
        # A score that follows from records which the actor sees less of than of these would tell of the others.
        needs = registry.find(field.needs) if field.needs else None
        return field.kind == "choice" and (needs is None or permissions.follows(actor, needs, record_type))
    if isinstance(field, Own) and field.storage == "list":
        return False
    return is_kept(field, record_type)


def dimension(actor: Actor, metric: Metric, name: str) -> Dimension:
    """The dimension of that name. Raises QuestionError, which names those there are."""
    known = dimensions_for(actor, metric)
    found = known.get(name)
    if found is None:
        names = ", ".join(known) or "–"
        raise QuestionError(
            "by",
            "unknown_dimension",
            _("“%(metric)s” cannot be split by “%(name)s”. It can be split by: %(names)s.")
            % {
                "metric": base_of(metric).label if metric.ratio is None else metric.label,
                "name": name,
                "names": names,
            },
        )
    return found


def labels(actor: Actor, of: Dimension, values: Collection[Any]) -> dict[Any, str]:
    """What the values are called, for the actor. At most one query."""
    none = _("None given")
    known = [value for value in values if value is not None]
    found: dict[Any, str] = {None: none} if None in values else {}
    if of.column is not None:
        return found | {value: of.column.text(value, actor.language) for value in known}
    field = of.field
    if field is None or of.record_type is None:
        raise ValueError(of.name)
    locale = Locale(actor.language, ZoneInfo(actor.time_zone))
    if field.kind != "reference":
        return found | {value: field.text(value, locale) for value in known}
    target = target_of(field)
    if target is not None:
        named = titles(actor, target, [int(value) for value in known])
        return found | {
            value: named[int(value)].title if int(value) in named else f"#{value}" for value in known
        }
    model = _NAMES.get(field.name)
    names = dict(model._default_manager.filter(pk__in=known).values_list("pk", "name")) if model else {}
    return found | {value: names.get(value, f"#{value}") for value in known}
