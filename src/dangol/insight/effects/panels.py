"""What stands of a programme's effect on the programme's own page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.insight.effects import pages
from dangol.insight.effects.policies import can_see_effects
from dangol.records import ports


def contribute() -> None:
    """Hang it onto the page; called while the project starts."""
    panel = ports.Panel("effect", _("Effect"), "insight/effects/panel.html", verdict, "middle", 1)
    ports.add_panel("programme", panel)


def verdict(actor: Actor, record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The verdict and the sizes of the groups; nothing for those who may not see effects. One query."""
    if not can_see_effects(actor):
        return None
    programme = pages.programmes_for(actor).filter(pk=record["id"]).first()
    return None if programme is None else pages.overview_row(actor, programme)
