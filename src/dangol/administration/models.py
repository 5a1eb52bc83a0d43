"""People as another system lists them, on their way to an account."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dangol.records.models import Record


class UserAccount(Record):
    """Somebody whom a file of users names. Writing it makes or changes the account of that address.

    The account itself – sign-in, roles, password – is `identity.User`; this remembers what the file said, so that the
    same file again changes nothing, and by which number the other system knows the person.
    """

    email = models.EmailField(_("E-mail"), max_length=254, unique=True, db_collation="C")
    name = models.CharField(_("Name"), max_length=100)
    team = models.ForeignKey(
        "identity.Team", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Team")
    )
    is_active = models.BooleanField(_("Active"), default=True, db_default=True)
    external_id = models.CharField(
        _("Number elsewhere"), max_length=64, null=True, blank=True, db_collation="C"
    )
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+",
        verbose_name=_("Account"),
    )  # fmt: skip

    class Meta(Record.Meta):
        verbose_name = _("User of another system")
        verbose_name_plural = _("Users of other systems")
        constraints = [
            models.UniqueConstraint(fields=["external_id"], name="administration_useraccount_external_id")
        ]

    def __str__(self) -> str:
        return self.name
