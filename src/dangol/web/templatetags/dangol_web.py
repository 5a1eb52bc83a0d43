"""The tag library of the design system: `{% load dangol_web %}`.

Python code that writes markup calls the small parts by the names exported here.
"""

from django import template

from dangol.web.tags import blocks, marks, partials, texts
from dangol.web.tags.marks import avatar, bar, button, chip, dots, icon, time, trend

__all__ = ["avatar", "bar", "button", "chip", "dots", "icon", "register", "time", "trend"]

register = template.Library()
for part in (texts, marks, blocks, partials):
    register.tags.update(part.register.tags)
    register.filters.update(part.register.filters)
