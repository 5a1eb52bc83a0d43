"""How the history of records tells of rules: by their names, with a way to why it happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.automation import acting
from dangol.automation.models import Rule
from dangol.records import history


def register() -> None:
    """Called once, while the project starts."""
    history.add_doer(acting.ORIGIN, history.Doer(names, url))


def names(requests: Iterable[str]) -> Mapping[str, str]:
    """What the rules behind these request ids are called. One query."""
    rules = {request: found[0] for request in requests if (found := acting.chain_in(request))}
    called = dict(Rule.objects.filter(pk__in=rules.values()).values_list("pk", "name"))
    return {
        request: _("Rule “%(name)s”") % {"name": called[rule]}
        for request, rule in rules.items()
        if rule in called
    }


def url(request: str) -> str:
    """The log of what was done in the chain that a change belongs to."""
    found = acting.chain_in(request)
    return "" if found is None else f"{reverse('automation:runs')}?chain={found[1].key.hex}"
