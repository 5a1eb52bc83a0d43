"""Sentences of Django that forms show, so that the room's catalogue may say them in the product's voice (해요체)."""

from __future__ import annotations

from django.utils.translation import gettext_noop

SENTENCES = (
    gettext_noop("This field is required."),
    gettext_noop("Enter a valid email address."),
    gettext_noop("Enter a valid URL."),
    gettext_noop("Enter a whole number."),
    gettext_noop("Enter a number."),
    gettext_noop("Enter a valid date."),
    gettext_noop("Enter a valid %(protocol)s address."),
    gettext_noop("Select a valid choice. That choice is not one of the available choices."),
)
