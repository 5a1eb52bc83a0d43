"""Who gets to see the pages of rules."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from dangol.automation import selectors
from dangol.automation.models import Rule
from dangol.automation.policies import can_automate_any
from dangol.identity.actors import Actor
from dangol.records import registry
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of

MENU_KEY = "automation"


def automator(request: HttpRequest) -> Actor:
    """Who asks; 404 for whoever may make no rules: what one may not see does not exist."""
    actor = actor_of(request)
    if not can_automate_any(actor):
        raise Http404
    return actor


def rule_at(request: HttpRequest, rule_id: int) -> tuple[Actor, Rule, RecordType]:
    """The actor, the rule and its type; 404 for rules of types that the actor may not automate. One query."""
    actor = automator(request)
    rule = selectors.rules_visible_to(actor).filter(pk=rule_id).first()
    record_type = registry.find(rule.record_type) if rule else None
    if rule is None or record_type is None:
        raise Http404
    return actor, rule, record_type
