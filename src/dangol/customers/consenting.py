"""The card of consents on a customer's and a contact's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db import connection

from dangol.customers import consents
from dangol.customers.beside import once
from dangol.customers.models import ConsentChannel, PurposeKind
from dangol.customers.selectors import Around, customer_around
from dangol.identity.actors import Actor
from dangol.records import permissions, registry

LABELS = dict(consents.STATES)


def around(actor: Actor, record: Mapping[str, Any]) -> Around:
    """What stands around a customer; read once for all cards."""
    return once(record, "around", lambda: customer_around(actor=actor, customer_id=record["id"]))


def of_customer(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the customer said to what. No query of its own."""
    kind = registry.get("consent")
    if not permissions.reaches(actor, kind, "view", record):
        return None
    said = {(row["code"], row["channel"]): row["state"] for row in around(actor, record).consents}
    return _card(said, {"customer": record["id"]}, permissions.reaches(actor, kind, "create", record))


def of_contact(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the contact said to what. One query."""
    kind = registry.get("consent")
    customer = record.get("customer")
    if customer is None or not permissions.allowed(actor, kind, "view"):
        return None
    sql, parameters = consents.latest_of(customer.id, record["id"])
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        said = {(row[2], row[3]): row[5] for row in cursor.fetchall()}
    whose = {"customer": customer.id, "contact": record["id"]}
    return _card(said, whose, permissions.allowed(actor, kind, "create"))


def _card(said: Mapping[tuple[str, str], str], whose: Mapping[str, int], may_add: bool) -> Mapping[str, Any]:
    rows = [
        {"label": PurposeKind.COLLECTION.label, "cells": [_one(said, whose, PurposeKind.COLLECTION, "")]},
        *(
            {
                "label": ConsentChannel(channel).label,
                "cells": [
                    _one(said, whose, PurposeKind.MARKETING, channel),
                    *(
                        [_one(said, whose, PurposeKind.NIGHT, channel)]
                        if channel not in consents.NO_NIGHT
                        else []
                    ),
                ],
            }
            for channel in ConsentChannel.values
        ),
    ]
    name, number = ("contact", whose["contact"]) if "contact" in whose else ("customer", whose["customer"])
    return {
        "rows": rows,
        "may_add": may_add,
        "all_url": f"/consents/?{urlencode({'filter': f'{name} = {number}'})}",
    }


def _one(
    said: Mapping[tuple[str, str], str], whose: Mapping[str, int], purpose: PurposeKind, channel: str
) -> dict[str, Any]:
    state = said.get((purpose.value, channel), "")
    return {
        "state": state,
        "label": LABELS.get(state, ""),
        "tone": consents.TONES.get(state, ""),
        "night": purpose == PurposeKind.NIGHT,
        "purpose": purpose.value,
        "channel": channel,
        "add_url": f"/consents/add/?{urlencode({**whose, 'purpose': purpose.value, 'channel': channel})}",
        "whose": list(whose.items()),
    }
