"""What the kernel knows of people who are to have an account: enough to bring them in from a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.administration import services
from dangol.administration.models import UserAccount
from dangol.identity.actors import Actor, may_administer
from dangol.records.fields import Email, FieldError, Locale
from dangol.records.registry import register
from dangol.records.types import Administered, Draft, RecordType, Section, WrittenRows


class SignInAddress(Email):
    """The address somebody signs in with, in lower case as accounts have it."""

    def convert(self, raw: Any, locale: Locale) -> str | None:
        text = super().convert(raw, locale)
        return text.lower() if text else None


@register
class UserAccountRecord(RecordType):
    """Somebody whom a file of users names."""

    name = "user_account"
    path = "users"
    label = _("User of another system")
    label_plural = _("Users of other systems")
    icon = "users"
    order = 90
    model = UserAccount
    title = "name"
    subtitle = ("email", "team")
    list_fields = ("name", "email", "team", "is_active", "external_id")
    default_sort = ("name",)
    scope = Administered()
    keys = ("email", "external_id")
    kinds = {"email": SignInAddress}
    options = {"email": {"personal": True}}
    sections = (Section(_("Basics"), ("email", "name", "team", "is_active", "external_id")),)

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """Only those who administer make accounts, and an address stays that of its person. No query."""
        for draft in rows:
            if not may_administer(actor):
                yield (
                    draft.index,
                    "email",
                    FieldError("forbidden", _("Only administrators bring in users.")),
                )
            elif draft.current and draft.get("email") != draft.current.get("email"):
                yield (
                    draft.index,
                    "email",
                    FieldError("email", _("Change the address of an account in the settings.")),
                )

    def after_write(self, written: WrittenRows, *, actor: Actor) -> None:
        """Make or change the accounts."""
        services.accounts_follow(written, actor=actor)
