"""What the kernel knows of customers, contacts and contact points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from dangol.customers import hierarchy, reaching, synonyms
from dangol.customers.models import Contact, ContactPoint, Customer, Kind
from dangol.identity.actors import Actor
from dangol.records import fields
from dangol.records.fields import FieldError
from dangol.records.matching.comparing import (
    SameNumber,
    SameRecord,
    SimilarAddress,
    SimilarDate,
    SimilarMail,
    SimilarName,
    SimilarPhone,
)
from dangol.records.registry import register
from dangol.records.search.keys import Code, Digits, Email, Name, PersonName, Phone, Words
from dangol.records.types import Board, Draft, Inherited, Owned, RecordType, Section

STAGE_TONES = {"prospect": "b", "new": "g", "active": "p", "dormant": "o", "lost": "r"}
GRADE_TONES = {"vip": "g", "a": "p", "b": "b"}


@register
class CustomerRecord(RecordType):
    """A company, person or household."""

    name = "customer"
    path = "customers"
    label = _("Customer")
    label_plural = _("Customers")
    icon = "users"
    department = "customers"
    order = 10
    personal = True
    model = Customer
    synonyms = synonyms.CUSTOMER
    title = "name"
    subtitle = ("owner", "team", "business_number")
    list_fields = ("name", "stage", "grade", "owner", "phone", "city")
    default_sort = ("-updated_at",)
    board = Board(column="stage")
    calendar = "since"
    scope = Owned()
    keys = ("external_id",)
    search = (
        Name("name", kind="kind", person=Kind.PERSON.value),
        Phone("phone"),
        Email("email"),
        Digits("business_number"),
        Code("external_id"),
        Words("city", weight=10),
    )
    matching = (
        SimilarName("name", kind="kind", person=Kind.PERSON.value),
        SameNumber("business_number"),
        SimilarPhone("phone"),
        SimilarMail("email"),
        SimilarAddress("street", within="city"),
        SimilarDate("birth_date"),
    )
    kinds = {"phone": fields.Phone, "business_number": fields.BusinessNumber}
    options = {
        "stage": {"tones": STAGE_TONES},
        "grade": {"tones": GRADE_TONES},
        "phone": {"personal": True},
        "email": {"personal": True},
        "street": {"personal": True},
        "birth_date": {"personal": True},
    }
    sections = (
        Section(
            _("Basics"), ("kind", "name", "business_number", "stage", "grade", "industry", "since", "parent")
        ),
        Section(
            _("How to reach"),
            ("phone", "email", "website", "region", "city", "street", "postcode", "country"),
        ),
        Section(_("Responsible"), ("owner", "team", "territory")),
        Section(_("Other details"), ("birth_date", "source", "external_id", "description")),
    )
    cascade = ("contacts", "points")
    timeline = True

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """No customer belongs to itself, be it through others; only people belong to a household. One query."""
        return hierarchy.problems(rows)


@register
class ContactRecord(RecordType):
    """A person at a customer."""

    name = "contact"
    path = "contacts"
    label = _("Contact")
    label_plural = _("Contacts")
    icon = "address-book"
    department = "customers"
    order = 11
    personal = True
    model = Contact
    synonyms = synonyms.CONTACT
    title = "name"
    subtitle = ("job_title", "department", "customer")
    list_fields = ("name", "customer", "job_title", "department", "phone", "email", "is_primary")
    default_sort = ("-updated_at",)
    scope = Inherited(through="customer")
    keys = ("external_id",)
    search = (PersonName("name"), Phone("phone"), Email("email"), Code("external_id"))
    matching = (
        SimilarName("name", person=True),
        SimilarPhone("phone"),
        SimilarMail("email"),
        SameRecord("customer"),
    )
    kinds = {"phone": fields.Phone}
    options = {"phone": {"personal": True}, "email": {"personal": True}}
    sections = (
        Section(_("Basics"), ("customer", "name", "job_title", "department", "is_primary")),
        Section(_("How to reach"), ("phone", "email")),
        Section(_("Other details"), ("external_id", "description")),
    )
    cascade = ("points",)
    timeline = True


@register
class ContactPointRecord(RecordType):
    """A further phone number or address."""

    name = "contact_point"
    path = "contact-points"
    label = _("Contact point")
    label_plural = _("Contact points")
    icon = "at"
    order = 12
    personal = True
    model = ContactPoint
    title = "value"
    subtitle = ("kind", "label", "customer")
    list_fields = ("value", "kind", "label", "customer", "contact")
    default_sort = ("-updated_at",)
    scope = Inherited(through="customer")
    search = (Phone("value"), Email("value"))
    options = {"value": {"personal": True}}
    sections = (Section(_("Basics"), ("customer", "contact", "kind", "value", "label")),)

    def before_write(self, rows: Sequence[Draft], *, actor: Actor) -> None:
        """Bring numbers and addresses into the form they are stored in."""
        reaching.normalise(rows, actor=actor)

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """A number must be one, an address too, and a contact must be the customer's. One query."""
        return reaching.problems(rows, actor=actor)
