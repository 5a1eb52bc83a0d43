"""The eight RFM segments and the four tiers of lifetime value as people see them."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.methods.rfm import SEGMENTS

LABELS: Final[dict[str, str | Promise]] = {
    "champions": _("Champions"),
    "loyal": _("Loyal"),
    "growing": _("Growing"),
    "new": _("New buyers"),
    "needs_attention": _("Needs attention"),
    "at_risk": _("At risk"),
    "asleep": _("Asleep"),
    "lost": _("Gone"),
}
TONES: Final = {
    "champions": "p",
    "loyal": "p",
    "growing": "b",
    "new": "g",
    "needs_attention": "g",
    "at_risk": "o",
    "asleep": "r",
    "lost": "",
}
"""Colours of chips."""
AREA_TONES: Final = {
    "champions": "p",
    "loyal": "s",
    "growing": "b",
    "new": "g",
    "needs_attention": "c",
    "at_risk": "o",
    "asleep": "r",
    "lost": "n",
}
"""Colours of areas in charts, where neighbours must differ."""

CHOICES: Final = tuple((code, LABELS[code]) for code in SEGMENTS)

TIER_LABELS: Final[dict[str, str | Promise]] = {
    "top": _("Top 5%"),
    "high": _("Next 15%"),
    "middle": _("Next 30%"),
    "low": _("The other half"),
}
TIER_TONES: Final = {"top": "p", "high": "b", "middle": "g", "low": ""}
TIER_CHOICES: Final = tuple(TIER_LABELS.items())
