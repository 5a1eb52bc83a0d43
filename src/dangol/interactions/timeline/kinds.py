"""The kinds of entries known here: interactions, and the orders of the room below."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.commerce.models import InvoiceKind, InvoiceStatus, OrderKind, OrderStatus
from dangol.commerce.records import INVOICE_TONES, STATUS_TONES
from dangol.customers.consents import TONES as CONSENT_TONES
from dangol.customers.models import ConsentAct, ConsentChannel
from dangol.interactions.timeline.presenting import Presenter, Reader, Stored, present
from dangol.web import formats

CONVERSATIONS = "conversations"
ORDERS = "orders"
LABELS = {
    "note": gettext_lazy("Note"),
    "call": gettext_lazy("Call"),
    "meeting": gettext_lazy("Meeting"),
    "mail": gettext_lazy("Mail"),
    "task": gettext_lazy("Task"),
}
ICONS = {"note": "note", "call": "phone", "meeting": "users-group", "mail": "mail", "task": "checkbox"}


_OF_INTERACTION = {
    "title": "subject",
    "body": "body",
    "outcome": "outcome",
    "minutes": "duration_minutes",
    "direction": "direction",
    "due": "due_at",
    "done": "done_at",
    "contact": "contact",
}
_OF_ORDER = {
    "title": "number",
    "kind": "kind",
    "status": "status",
    "amount": "amount",
    "currency": "currency",
    "lines": "lines_count",
    "product": "order_line.product",
    "quantity": "order_line.quantity",
}
_OF_INVOICE = {
    "title": "number",
    "body": "subject",
    "kind": "kind",
    "status": "status",
    "amount": "total",
    "currency": "currency",
    "due": "due_on",
}


def register() -> None:
    """Register the presenters; called once, when Django is ready."""
    for kind, icon in ICONS.items():
        present(kind, Presenter(icon, CONVERSATIONS, _interaction, {"contact": "contact"}, _OF_INTERACTION))
    lines = dict.fromkeys(("product", "quantity", "lines"), "order_line")
    present("order", Presenter("truck-delivery", ORDERS, _order, lines, _OF_ORDER))
    present("consent", Presenter("checks", CONVERSATIONS, _consent, {}, {"act": "act", "channel": "channel"}))
    present("invoice", Presenter("file-invoice", ORDERS, _invoice, {}, _OF_INVOICE))


def _consent(entry: Stored, reader: Reader) -> Mapping[str, Any]:
    act, channel = entry.data.get("act"), entry.data.get("channel")
    chips = [(str(ConsentAct(act).label), CONSENT_TONES[act])] if act else []
    if channel:
        chips.append((str(ConsentChannel(channel).label), ""))
    if entry.actor_name:
        chips.append((entry.actor_name, ""))
    return {
        "title": _("Consent: %(purpose)s") % {"purpose": entry.title},
        "chips": tuple(chips),
        "url": f"/consents/{entry.source[1]}/",
    }


def _interaction(entry: Stored, reader: Reader) -> Mapping[str, Any]:
    data = entry.data
    label = str(LABELS[entry.kind])
    if entry.kind == "mail" and data.get("direction"):
        label = _("Mail received") if data["direction"] == "in" else _("Mail sent")
    if data.get("minutes"):
        label = _("%(kind)s %(minutes)s min") % {"kind": label, "minutes": data["minutes"]}
    chips = [(label, "")]
    if entry.actor_name:
        chips.append((entry.actor_name, ""))
    values: dict[str, Any] = {"url": f"/interactions/{entry.source[1]}/"}
    if entry.kind == "task":
        values["done"] = "done" in data
        chips = [_due_chip(data, reader), *chips[1:]]
    if data.get("outcome"):
        chips.append((data["outcome"], "p"))
    contact = data.get("contact")
    who = " ".join(part for part in (contact.get("name"), contact.get("title")) if part) if contact else ""
    values["body"] = " — ".join(part for part in (who, entry.body) if part)
    values["chips"] = tuple(chip for chip in chips if chip[0])
    return values


def _due_chip(data: Mapping[str, Any], reader: Reader) -> tuple[str, str]:
    if "done" in data:
        return _("Done"), "p"
    if "due" not in data:
        return _("Not done yet"), "b"
    due = datetime.fromisoformat(data["due"]).astimezone(reader.zone)
    when = formats.ago(due.date(), reader.language, reader.zone, now=reader.now)
    if due < reader.now:
        return _("Overdue, was due %(when)s") % {"when": when}, "r"
    tone = "o" if due.date() == reader.now.astimezone(reader.zone).date() else "b"
    if tone == "o":
        when = formats.clock(due, reader.language, reader.zone)
    return _("Due %(when)s") % {"when": when}, tone


def _order(entry: Stored, reader: Reader) -> Mapping[str, Any]:
    data = entry.data
    is_return = data.get("kind") == OrderKind.RETURN
    name = {
        OrderKind.SALE: _("Order %(number)s"),
        OrderKind.RETURN: _("Return %(number)s"),
        OrderKind.ADJUSTMENT: _("Adjustment %(number)s"),
    }[OrderKind(data.get("kind", OrderKind.SALE))]
    status = data.get("status", "")
    chips = (
        [(str(OrderStatus(status).label), STATUS_TONES.get(status, ""))] if status and not is_return else []
    )
    parts = []
    if data.get("product"):
        what = (
            formats.quantity(Decimal(data["quantity"]), "", reader.language) if data.get("quantity") else ""
        )
        more = int(data.get("lines") or 0) - 1
        first = " ".join(part for part in (data["product"], f"× {what}" if what else "") if part)
        parts.append(_("%(first)s and %(more)s more") % {"first": first, "more": more} if more > 0 else first)
    if data.get("amount"):
        parts.append(
            formats.money_short(Decimal(data["amount"]), data.get("currency", "KRW"), reader.language)
        )
    return {
        "title": name % {"number": entry.title},
        "body": " · ".join(parts),
        "chips": tuple(chips),
        "tone": "r" if is_return else "",
        "url": f"/orders/{entry.source[1]}/",
    }


def _invoice(entry: Stored, reader: Reader) -> Mapping[str, Any]:
    data = entry.data
    name = {
        InvoiceKind.INVOICE: _("Invoice %(number)s"),
        InvoiceKind.TAX_INVOICE: _("Tax invoice %(number)s"),
        InvoiceKind.CREDIT_NOTE: _("Credit note %(number)s"),
    }[InvoiceKind(data.get("kind", InvoiceKind.INVOICE))]
    status = data.get("status", "")
    parts = [entry.body]
    if data.get("amount"):
        parts.append(
            formats.money_short(Decimal(data["amount"]), data.get("currency", "KRW"), reader.language)
        )
    return {
        "title": name % {"number": entry.title},
        "body": " · ".join(part for part in parts if part),
        "chips": ((str(InvoiceStatus(status).label), INVOICE_TONES.get(status, "")),) if status else (),
        "url": f"/invoices/{entry.source[1]}/",
    }
