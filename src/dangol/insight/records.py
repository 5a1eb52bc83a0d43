"""The fields that insight gives to customers: what its models found out about them. And segments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

import dangol.customers.records  # noqa: F401 - declares the type that is contributed to
from dangol.identity.actors import Actor
from dangol.insight.effects import declaring, rules
from dangol.insight.leaving_reasons import LABELS, ScoreReasons
from dangol.insight.models import Made, Programme, Segment
from dangol.insight.segmentation import conditions, index, keeping
from dangol.insight.segmentation.fields import DATED, SegmentField
from dangol.insight.segmentation.snapshot import today
from dangol.insight.segments import CHOICES, TIER_CHOICES, TIER_TONES, TONES
from dangol.measures.fields import (
    ScoreChoice,
    ScoreDate,
    ScoreInteger,
    ScoreMoney,
    ScoreNumber,
    ScoreShare,
    ScoreText,
)
from dangol.records import registry
from dangol.records.fields import FieldError
from dangol.records.fields.tags import SEPARATORS
from dangol.records.registry import register
from dangol.records.search.keys import Words
from dangol.records.types import Draft, Owned, RecordType, Section, WrittenRows

CUSTOMER = "customer"
ORDER = "order"
AMOUNTS = ("order.amount",)

CUSTOMER_FIELDS = (
    ScoreChoice(
        "rfm.segment",
        record_type=CUSTOMER,
        needs=ORDER,
        label=_("Segment"),
        choices=CHOICES,
        tones=TONES,
        reads=AMOUNTS,
    ),
    ScoreInteger("rfm.recency", record_type=CUSTOMER, needs=ORDER, label=_("Days since last order")),
    ScoreInteger("rfm.frequency", record_type=CUSTOMER, needs=ORDER, label=_("Orders in all")),
    ScoreMoney(
        "rfm.monetary",
        record_type=CUSTOMER,
        needs=ORDER,
        label=_("Revenue in all"),
        reads=AMOUNTS,
        short=True,
        digits=28,
        places=8,
    ),
    ScoreText("rfm.score", record_type=CUSTOMER, needs=ORDER, label=_("RFM score"), reads=AMOUNTS),
    ScoreMoney(
        "value.revenue_12m",
        record_type=CUSTOMER,
        needs=ORDER,
        label=_("Revenue, 12 months"),
        reads=AMOUNTS,
        short=True,
        digits=28,
        places=8,
    ),
    ScoreInteger("value.orders_12m", record_type=CUSTOMER, needs=ORDER, label=_("Orders, 12 months")),
    ScoreInteger("value.interval", record_type=CUSTOMER, needs=ORDER, label=_("Usual days between orders")),
)


def _lifetime(name: str, label: object) -> ScoreMoney:
    return ScoreMoney(
        name, record_type=CUSTOMER, needs=ORDER, label=label, reads=AMOUNTS, short=True, digits=28, places=8
    )


LIFETIME_FIELDS = (
    _lifetime("clv.3y", _("Lifetime value, 3 years")),
    _lifetime("clv.low", _("Lifetime value, lower end")),
    _lifetime("clv.high", _("Lifetime value, upper end")),
    _lifetime("clv.1y", _("Lifetime value, 1 year")),
    _lifetime("clv.5y", _("Lifetime value, 5 years")),
    ScoreChoice(
        "clv.tier",
        record_type=CUSTOMER,
        needs=ORDER,
        label=_("Value tier"),
        choices=TIER_CHOICES,
        tones=TIER_TONES,
        reads=AMOUNTS,
    ),
    ScoreShare(
        "clv.alive", record_type=CUSTOMER, needs=ORDER, label=_("Probability of still being a customer")
    ),
    ScoreNumber(
        "clv.purchases", record_type=CUSTOMER, needs=ORDER, label=_("Purchases expected in a year"), places=2
    ),
    ScoreDate("clv.as_of", record_type=CUSTOMER, needs=ORDER, label=_("Day of the lifetime value")),
)
LIFETIME_FIELDS[-1].score_name = "clv.3y"

DEFECTION_FIELDS = (
    ScoreShare("defection.probability", record_type=CUSTOMER, needs=ORDER, label=_("Probability of leaving")),
    _lifetime("defection.value_at_risk", _("Value at risk")),
    ScoreReasons(
        "defection.reasons",
        record_type=CUSTOMER,
        needs=ORDER,
        label=_("Reasons for leaving"),
        choices=tuple(LABELS.items()),
        reads=AMOUNTS,
    ),
    ScoreDate("defection.as_of", record_type=CUSTOMER, needs=ORDER, label=_("Day of the value at risk")),
)
DEFECTION_FIELDS[-1].score_name = "defection.probability"

registry.get(CUSTOMER).contribute(
    *CUSTOMER_FIELDS,
    SegmentField("segment", label=_("In segments")),
    *LIFETIME_FIELDS,
    *DEFECTION_FIELDS,
    columns={
        "rfm.segment": "name",
        "value.revenue_12m": "owner",
        "rfm.monetary": "value.revenue_12m",
        "rfm.recency": "rfm.monetary",
    },
    page_sort=("-rfm.monetary",),
    card_fields=("value.revenue_12m", "owner", "rfm.segment"),
)


@register
class SegmentRecord(RecordType):
    """A named group of customers."""

    name = "segment"
    path = "segments"
    label = _("Segment")
    label_plural = _("Segments")
    icon = "users-group"
    model = Segment
    title = "name"
    subtitle = ("made", "family", "owner")
    list_fields = ("name", "made", "family", "condition", "owner", "strategist", "target_on")
    default_sort = ("-updated_at",)
    scope = Owned()
    search = (Words("name"),)
    exclude = ("key",)
    options = {"frozen_on": {"editable": False}}
    sections = (
        Section(_("Basics"), ("name", "name_en", "description", "made", "condition", "frozen_on", "family")),
        Section(
            _("Strategy"),
            ("strategy_since", "strategist", "offer", "assortment", "channel", "service_level", "target",
             "target_value", "target_on"),
        ),
        Section(_("Responsible"), ("owner", "team", "territory")),
    )  # fmt: skip

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """A name can be written in a filter; a condition can be read by whoever writes it, and is the same for all. No query."""
        for row in rows:
            for name in ("name", "name_en"):
                text = row.values.get(name) or ""
                if SEPARATORS.search(text) or DATED.fullmatch(text) or '"' in text or "\\" in text:
                    yield (
                        row.index,
                        name,
                        FieldError(
                            "name",
                            _(
                                "A segment's name holds neither comma nor quotation mark, and does not end with a day."
                            ),
                        ),
                    )
                elif text and any(one.id != row.id for one in index.named(text)):
                    yield (
                        row.index,
                        name,
                        FieldError(
                            "taken",
                            _("Another segment is called so. Give it a name of its own."),
                        ),
                    )
        yield from declaring.lists_stay(rows)
        for row in rows:
            if "condition" not in row.values and row.id is not None:
                continue
            if row.get("made") == Made.LIST:
                if row.get("condition"):
                    yield row.index, "condition", FieldError("list", _("A fixed list has no condition."))
                continue
            try:
                conditions.parsed(row.get("condition") or "", actor=actor)
            except FieldError as problem:
                yield row.index, "condition", problem

    def before_write(self, rows: Sequence[Draft], *, actor: Actor) -> None:
        """A list that was a condition so far holds whoever was in it, as of today."""
        for row in rows:
            if row.values.get("made") == Made.LIST and row.get("frozen_on") is None:
                row.values["frozen_on"] = today()

    def after_write(self, written: WrittenRows, *, actor: Actor) -> None:
        """All processes hear of it; who belongs is kept anew in the background where the condition is another one."""
        changed = (*written.created, *written.updated)
        keeping.told(
            anew=[row.id for row in changed if row.id and "condition" in row.values],
        )


@register
class ProgrammeRecord(RecordType):
    """Something done for a group of customers, and whom it is compared with."""

    name = "programme"
    path = "programmes"
    label = _("Programme")
    label_plural = _("Programmes")
    icon = "target-arrow"
    model = Programme
    title = "name"
    subtitle = ("starts_on", "control", "owner")
    list_fields = ("name", "starts_on", "ends_on", "control", "reached", "compared", "owner")
    default_sort = ("-starts_on",)
    scope = Owned()
    search = (Words("name"),)
    options = {name: {"editable": False} for name in ("reached", "compared", "drawn_on", "by_chance")}
    sections = (
        Section(_("Basics"), ("name", "description", "starts_on", "ends_on")),
        Section(
            _("Groups"),
            ("group_segment", "group_filter", "control", "held_out_percent", "control_segment", "control_filter",
             "reached", "compared", "drawn_on", "by_chance"),
        ),
        Section(_("Responsible"), ("owner", "team", "territory")),
    )  # fmt: skip

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """Groups can be drawn, and are not changed once they are."""
        return rules.problems(rows, actor)

    def after_write(self, written: WrittenRows, *, actor: Actor) -> None:
        """The groups of new programmes are drawn; what came of changed ones is found out anew in the background."""
        declaring.written(written, actor)
