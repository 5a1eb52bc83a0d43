"""What stands beside a customer: further contact points, and the group or household it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.customers import consenting
from dangol.customers.consenting import around as _around
from dangol.customers.models import Grade, Kind, PointKind, Stage
from dangol.customers.records import STAGE_TONES
from dangol.identity.actors import Actor
from dangol.records import ports
from dangol.records.fields.masks import Mask
from dangol.records.fields.reach import national

KIND_ICONS = {Kind.COMPANY: "building-factory-2", Kind.PERSON: "user", Kind.HOUSEHOLD: "home"}
POINT_ICONS = {PointKind.PHONE: "phone", PointKind.EMAIL: "mail", PointKind.FAX: "printer"}
SHOWN_GRADES = {Grade.VIP: ("g", "crown"), Grade.A: ("p", "")}


def register() -> None:
    """Contribute the cards and marks; called once, when Django is ready."""
    ports.add_chips("customer", _chips)
    ports.add_panel(
        "customer",
        ports.Panel(
            "points", gettext_lazy("Further contact points"), "customers/points.html", _points, "left", 60
        ),
    )
    ports.add_panel(
        "customer",
        ports.Panel(
            "consents", gettext_lazy("Consent"), "customers/consents.html", consenting.of_customer, "left", 70
        ),
    )
    ports.add_panel(
        "contact",
        ports.Panel(
            "consents", gettext_lazy("Consent"), "customers/consents.html", consenting.of_contact, "left", 70
        ),
    )
    ports.add_panel(
        "customer",
        ports.Panel("family", gettext_lazy("Related"), "customers/family.html", _family, "right", 80),
    )


def _chips(actor: Actor, record: Mapping[str, Any]) -> Sequence[ports.Chip]:
    chips = []
    if (
        stage := record.get("stage")
    ) and stage != Stage.ACTIVE:  # that a customer is active goes without saying
        chips.append(ports.Chip(str(Stage(stage).label), STAGE_TONES.get(stage, "")))
    if (grade := record.get("grade")) in SHOWN_GRADES:
        tone, icon = SHOWN_GRADES[Grade(grade)]
        label = str(Grade(grade).label)
        chips.append(ports.Chip(label if icon else _("Grade %(grade)s") % {"grade": label}, tone, icon))
    about = [
        str(Kind(kind).label) if (kind := record.get("kind")) else "",
        record.get("industry"),
        record.get("city"),
    ]
    if text := " · ".join(part for part in about if part):
        chips.append(ports.Chip(text))
    return chips


def _points(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    points = _around(actor, record).points
    if not points:
        return None
    shown = [
        {
            **point,
            "icon": POINT_ICONS[PointKind(point["kind"])] if point["kind"] else "at",
            "text": point["value"]
            if point["kind"] == PointKind.EMAIL or isinstance(point["value"], Mask)
            else national(point["value"]),
            "url": ""
            if isinstance(point["value"], Mask)
            else {"email": f"mailto:{point['value']}", "phone": f"tel:{point['value']}"}.get(
                point["kind"], ""
            ),
            "note": " · ".join(part for part in (point["label"], point["contact"]) if part)
            or (str(PointKind(point["kind"]).label) if point["kind"] else ""),
        }
        for point in points
    ]
    return {"points": shown, "all_url": f"/contact-points/?filter=customer+%3D+{record['id']}"}


def _family(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    around = _around(actor, record)
    if not around.family:
        return None
    ties = {"parent": _("Belongs to"), "child": _("Subsidiary"), "sibling": _("Same group")}
    if record.get("kind") == Kind.HOUSEHOLD:
        ties["child"] = _("Household member")
    if record.get("kind") == Kind.PERSON:
        ties |= {"parent": _("Household"), "sibling": _("Same household")}
    shown = [
        {
            **one,
            "icon": KIND_ICONS[Kind(one["kind"])] if one["kind"] else "building",
            "note": ties[one["tie"]],
            "stage_label": Stage(one["stage"]).label if one["stage"] else "",
        }
        for one in around.family
    ]
    more = around.family_count - len(shown)
    return {"family": shown, "more": max(0, more)}
