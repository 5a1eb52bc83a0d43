"""What the kernel knows of customers, contacts and contact points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dangol.customers import consents, hierarchy, reaching, requests, synonyms
from dangol.customers.models import (
    Consent,
    ConsentDuty,
    ConsentPurpose,
    ConsentWording,
    Contact,
    ContactPoint,
    Customer,
    Kind,
    PersonRequest,
)
from dangol.identity.actors import Actor
from dangol.records import fields, registry
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
from dangol.records.types import (
    Board,
    Draft,
    Inherited,
    Owned,
    RecordType,
    Section,
    Vocabulary,
    WrittenRows,
)

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
    card_fields = ("owner", "grade")
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


@register
class ConsentPurposeRecord(RecordType):
    """What consent is asked for. Set up by those who administer."""

    name = "consent_purpose"
    path = "consent-purposes"
    label = _("Consent purpose")
    label_plural = _("Consent purposes")
    icon = "clipboard"
    order = 16
    model = ConsentPurpose
    tagged = False
    title = "name"
    scope = Vocabulary()
    keys = ("code",)
    list_fields = ("name", "code", "kind", "valid_months", "retention", "is_active")
    default_sort = ("name",)
    sections = (
        Section(_("Basics"), ("code", "name", "name_en", "kind", "is_active")),
        Section(_("What the person is told"), ("items", "retention", "valid_months")),
    )

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """Only those who administer; a code stays what it is. No query."""
        return consents.purpose_problems(rows, actor)


@register
class ConsentWordingRecord(RecordType):
    """The words a purpose was asked with; each version stays."""

    name = "consent_wording"
    path = "consent-wordings"
    label = _("Consent wording")
    label_plural = _("Consent wordings")
    icon = "versions"
    order = 17
    model = ConsentWording
    tagged = False
    append_only = True
    title = "name"
    subtitle = ("purpose",)
    scope = Vocabulary()
    list_fields = ("name", "number", "purpose", "since", "text")
    default_sort = ("-since",)
    sections = (Section(_("Basics"), ("purpose", "number", "name", "since", "text", "text_en")),)

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """Only those who administer; no number comes twice. One query."""
        return consents.wording_problems(rows, actor)


@register
class ConsentRecord(RecordType):
    """What a person said about a purpose."""

    name = "consent"
    path = "consents"
    label = _("Consent")
    label_plural = _("Consents")
    icon = "checks"
    department = "customers"
    menu_group = "privacy"
    order = 15
    personal = True
    tagged = False
    append_only = True
    model = Consent
    title = "act"
    subtitle = ("purpose", "channel", "customer", "contact")
    list_fields = ("act", "purpose", "channel", "customer", "contact", "at", "valid_until", "proof")
    default_sort = ("-at",)
    scope = Inherited(through="customer")
    keys = ("external_id",)
    options = {
        "act": {"tones": {"given": "p", "refused": "o", "withdrawn": "r"}},
        "at": {"required": False},
        "proof": {"required": False},
    }
    sections = (
        Section(_("Basics"), ("customer", "contact", "purpose", "channel", "act", "at")),
        Section(_("Proof"), ("wording", "proof", "proof_note", "valid_until", "external_id")),
    )

    def before_write(self, rows: Sequence[Draft], *, actor: Actor) -> None:
        """The wording in use, the moment, and how long it holds. One query."""
        consents.complete(rows)

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """Advertising needs a channel, collection has none; the contact is the customer's. Two queries."""
        yield from reaching.contact_problems(rows)
        yield from consents.problems(rows)

    def after_write(self, written: WrittenRows, *, actor: Actor) -> None:
        """The present state as fields of customer and contact, a line on the timeline, and what the company owes now."""
        consents.settle(written, actor=actor)


@register
class ConsentDutyRecord(RecordType):
    """What the company owes a person because of a consent."""

    name = "consent_duty"
    path = "consent-duties"
    label = _("Consent duty")
    label_plural = _("Consent duties")
    icon = "clock"
    department = "customers"
    menu_group = "privacy"
    order = 16
    personal = True
    tagged = False
    model = ConsentDuty
    title = "kind"
    subtitle = ("customer", "due_on")
    list_fields = ("kind", "customer", "due_on", "done_at", "how")
    default_sort = ("due_on",)
    scope = Inherited(through="customer")
    options = {"kind": {"tones": {"tell": "b", "reconfirm": "o"}}}
    sections = (Section(_("Basics"), ("customer", "consent", "kind", "due_on", "done_at", "how")),)


@register
class PersonRequestRecord(RecordType):
    """What a person asks for about the person's own data, with its clock."""

    name = "person_request"
    path = "person-requests"
    label = _("Request of a person")
    label_plural = _("Requests of persons")
    icon = "user-check"
    department = "customers"
    menu_group = "privacy"
    order = 17
    personal = True
    model = PersonRequest
    title = "subject"
    subtitle = ("kind", "status", "customer", "contact")
    list_fields = ("subject", "kind", "status", "customer", "received_on", "due_on", "answered_on")
    default_sort = ("due_on",)
    board = Board(column="status")
    calendar = "due_on"
    scope = Inherited(through="customer")
    options = {
        "kind": {"tones": {"view": "b", "correct": "g", "erase": "r", "stop": "o"}},
        "status": {"tones": {"open": "o", "done": "p", "refused": "r"}},
        "received_on": {"required": False},
    }
    sections = (
        Section(_("Basics"), ("customer", "contact", "kind", "subject", "received_on", "due_on")),
        Section(pgettext_lazy("request", "Answer"), ("status", "answered_on", "answer")),
    )

    def before_write(self, rows: Sequence[Draft], *, actor: Actor) -> None:
        """Received today where nothing is said, due ten days later, answered when it is done. No query."""
        requests.complete(rows)

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """The contact is the customer's; whoever is refused hears why; nothing is due later than ten days. One query."""
        yield from reaching.contact_problems(rows)
        yield from requests.problems(rows)


registry.get("customer").contribute(*consents.fields_of("customer"))
registry.get("contact").contribute(*consents.fields_of("contact"))
