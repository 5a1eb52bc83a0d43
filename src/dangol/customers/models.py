"""Customers – people, companies, households – and how to reach them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dangol.records.models import OwnedRecord, Record


class Kind(models.TextChoices):
    PERSON = "person", _("Person")
    COMPANY = "company", _("Company")
    HOUSEHOLD = "household", _("Household")


class Stage(models.TextChoices):
    """Where the relationship stands, in the order in which it grows and fades."""

    PROSPECT = "prospect", _("Prospect")
    NEW = "new", _("New customer")
    ACTIVE = "active", _("Active customer")
    DORMANT = "dormant", _("Dormant")
    LOST = "lost", _("Lost")


class Grade(models.TextChoices):
    VIP = "vip", _("VIP")
    A = "a", _("A")
    B = "b", _("B")
    C = "c", _("C")


class Customer(OwnedRecord):
    """Someone the company sells to. `email` and `phone` are the main contact points; further ones are `ContactPoint`s."""

    kind = models.CharField(
        _("Kind"), max_length=12, choices=Kind, default=Kind.COMPANY, db_default=Kind.COMPANY
    )
    name = models.CharField(_("Name"), max_length=200, db_collation="C")
    business_number = models.CharField(
        _("Business number"), max_length=10, null=True, blank=True, db_collation="C"
    )
    stage = models.CharField(
        _("Stage"), max_length=12, choices=Stage, default=Stage.PROSPECT, db_default=Stage.PROSPECT
    )
    grade = models.CharField(_("Grade"), max_length=4, choices=Grade, blank=True, default="", db_default="")
    industry = models.CharField(_("Industry"), max_length=100, blank=True, default="", db_default="")
    phone = models.CharField(
        _("Phone"), max_length=20, blank=True, default="", db_default="", db_collation="C"
    )
    email = models.EmailField(_("E-mail"), max_length=254, blank=True, default="", db_default="")
    website = models.URLField(_("Website"), max_length=300, blank=True, default="", db_default="")
    country = models.CharField(_("Country"), max_length=80, blank=True, default="", db_default="")
    postcode = models.CharField(_("Postcode"), max_length=12, blank=True, default="", db_default="")
    region = models.CharField(_("Province"), max_length=60, blank=True, default="", db_default="")
    city = models.CharField(_("City"), max_length=60, blank=True, default="", db_default="")
    street = models.CharField(_("Street address"), max_length=200, blank=True, default="", db_default="")
    birth_date = models.DateField(_("Date of birth"), null=True, blank=True)
    since = models.DateField(_("Customer since"), null=True, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("Belongs to"),
        db_index=False,
    )  # fmt: skip
    source = models.CharField(_("Source"), max_length=60, blank=True, default="", db_default="")
    external_id = models.CharField(
        _("Customer number"), max_length=64, null=True, blank=True, db_collation="C"
    )
    description = models.TextField(_("Description"), blank=True, default="", db_default="")

    class Meta(OwnedRecord.Meta):
        verbose_name = _("Customer")
        verbose_name_plural = _("Customers")
        constraints = [
            models.UniqueConstraint(fields=["external_id"], name="customers_customer_external_id"),
            models.CheckConstraint(condition=~Q(name=""), name="customers_customer_name"),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=models.F("id")), name="customers_customer_not_own_parent"
            ),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="customers_customer_name_sort"),
            # read backwards for the newest; in this order what is new goes in at the end, which is cheaper
            models.Index(fields=["team", "updated_at", "id"], name="customers_customer_team_sort"),
            models.Index(fields=["updated_at", "id"], name="customers_customer_recent"),
            models.Index(
                fields=["territory"],
                name="customers_customer_territory",
                condition=Q(territory__isnull=False),
            ),
            models.Index(
                fields=["parent"], name="customers_customer_parent", condition=Q(parent__isnull=False)
            ),
            models.Index(fields=["business_number"], name="customers_customer_business"),
            # a city is found too: there are few regions to skip through
            models.Index(fields=["region", "city"], name="customers_customer_place"),
        ]

    def __str__(self) -> str:
        return self.name


class Contact(Record):
    """A person at a customer whom we talk to."""

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="contacts", verbose_name=_("Customer")
    )
    name = models.CharField(_("Name"), max_length=120, db_collation="C")
    job_title = models.CharField(_("Job title"), max_length=80, blank=True, default="", db_default="")
    department = models.CharField(_("Department"), max_length=80, blank=True, default="", db_default="")
    phone = models.CharField(
        _("Phone"), max_length=20, blank=True, default="", db_default="", db_collation="C"
    )
    email = models.EmailField(_("E-mail"), max_length=254, blank=True, default="", db_default="")
    is_primary = models.BooleanField(_("Main contact"), default=False, db_default=False)
    external_id = models.CharField(
        _("Contact number"), max_length=64, null=True, blank=True, db_collation="C"
    )
    description = models.TextField(_("Description"), blank=True, default="", db_default="")

    class Meta(Record.Meta):
        verbose_name = _("Contact")
        verbose_name_plural = _("Contacts")
        constraints = [models.UniqueConstraint(fields=["external_id"], name="customers_contact_external_id")]
        indexes = [
            models.Index(fields=["name", "id"], name="customers_contact_name_sort"),
            models.Index(fields=["updated_at", "id"], name="customers_contact_recent"),
        ]

    def __str__(self) -> str:
        return self.name


class PointKind(models.TextChoices):
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    FAX = "fax", _("Fax")


class ContactPoint(Record):
    """A further way to reach a customer or one of its contacts."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="points", verbose_name=_("Customer"))
    contact = models.ForeignKey(
        Contact, models.CASCADE, null=True, blank=True, related_name="points", verbose_name=_("Contact")
    )
    kind = models.CharField(_("Kind"), max_length=8, choices=PointKind)
    value = models.CharField(_("Number or address"), max_length=254, db_collation="C")
    label = models.CharField(_("What it is for"), max_length=40, blank=True, default="", db_default="")

    class Meta(Record.Meta):
        verbose_name = _("Contact point")
        verbose_name_plural = _("Contact points")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "contact", "kind", "value"],
                name="customers_contactpoint_once",
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index(fields=["updated_at", "id"], name="customers_contactpoint_recent")]

    def __str__(self) -> str:
        return self.value
