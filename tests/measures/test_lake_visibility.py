"""Customers and their filters, over a lake that was really copied."""

import pytest

from dangol.customers.models import Customer
from dangol.measures import lake
from dangol.measures.lake import filters
from dangol.records import filters as language
from dangol.records import permissions, registry
from tests.cast import *  # noqa: F403


def both(tree, actor):
    """The ids by PostgreSQL and by the lake, of what the actor may see."""
    customer = registry.get("customer")
    condition = language.compile(
        tree, customer, actor=actor, visible=permissions.visible_callback(actor)
    )
    database = set(permissions.visible_to(actor, customer).filter(condition).values_list("pk", flat=True))
    seen = permissions.visible(actor, customer)
    assert seen is not False
    with lake.connect() as opened:
        found = filters.matching(
            opened, language.And.of(tree, seen), customer, actor=actor,
            visible=lambda target: permissions.visible(actor, target),
        )  # fmt: skip
        return database, {row["id"] for row in opened.read(found.select("id")).to_pylist()}
