"""Customers – people, companies, households – and how to reach them."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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


# consent


class PurposeKind(models.TextChoices):
    """What consent is asked for; the law keeps these apart (개인정보 보호법 제22조, 정보통신망법 제50조)."""

    COLLECTION = "collection", _("Collection and use")
    MARKETING = "marketing", _("Advertising")
    NIGHT = "night", _("Advertising at night, 21:00 to 08:00")


class ConsentChannel(models.TextChoices):
    SMS = "sms", _("Text message")
    EMAIL = "email", _("E-mail")
    KAKAO = "kakao", _("KakaoTalk")
    PHONE = "phone", _("Phone call")
    POST = "post", _("Post")


class ConsentAct(models.TextChoices):
    GIVEN = "given", _("Given")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ConsentProof(models.TextChoices):
    """How it was said, so that it can be shown."""

    PAGE = "page", _("Entered by staff")
    WEB = "web", _("Web form")
    PAPER = "paper", _("Paper form")
    CALL = "call", _("Phone call, recorded")
    MAIL = "mail", _("E-mail")
    IMPORT = "import", _("Brought in from another system")


class ConsentPurpose(Record):
    """What consent is asked for, as the person is told. It holds for `valid_months`: two years for advertising (제50조제8항)."""

    code = models.CharField(_("Code"), max_length=40, unique=True, db_collation="C")
    name = models.CharField(_("Name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=100, blank=True, default="", db_default="")
    kind = models.CharField(_("Kind"), max_length=12, choices=PurposeKind)
    items = models.TextField(_("What is collected"), blank=True, default="", db_default="")
    retention = models.CharField(
        _("How long it is kept"), max_length=200, blank=True, default="", db_default=""
    )
    valid_months = models.PositiveSmallIntegerField(_("Holds for months"), null=True, blank=True)
    is_active = models.BooleanField(_("In use"), default=True, db_default=True)

    class Meta(Record.Meta):
        verbose_name = _("Consent purpose")
        verbose_name_plural = _("Consent purposes")

    def __str__(self) -> str:
        return self.name


frozen = pgtrigger.Protect(
    name="append_only",
    operation=pgtrigger.Update | pgtrigger.Delete,
    # Erasing a person takes away what the person said, too; nothing else does.
    condition=pgtrigger.Condition("current_setting('dangol.erasing', true) IS DISTINCT FROM 'on'"),
)


class ConsentWording(Record):
    """The words a purpose was asked with. A new wording is a new version; old ones stay as they were."""

    purpose = models.ForeignKey(
        ConsentPurpose, models.PROTECT, related_name="wordings", verbose_name=_("Consent purpose")
    )
    number = models.PositiveIntegerField(_("Version"))
    name = models.CharField(_("Name"), max_length=60)
    text = models.TextField(_("Wording"))
    text_en = models.TextField(_("English wording"), blank=True, default="", db_default="")
    since = models.DateField(_("In use from"))

    class Meta(Record.Meta):
        verbose_name = _("Consent wording")
        verbose_name_plural = _("Consent wordings")
        constraints = [
            models.UniqueConstraint(fields=["purpose", "number"], name="customers_consentwording_once")
        ]
        triggers = [*Record.Meta.triggers, frozen]

    def __str__(self) -> str:
        return f"{self.purpose} v{self.number}"


class Consent(Record):
    """What a person said about one purpose on one channel, at one moment. Never changed: a withdrawal is a further line."""

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="consents", verbose_name=_("Customer")
    )
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="consents", verbose_name=_("Contact")
    )
    purpose = models.ForeignKey(
        ConsentPurpose, models.PROTECT, related_name="+", verbose_name=_("Consent purpose"), db_index=False
    )
    wording = models.ForeignKey(
        ConsentWording, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Consent wording"),
        db_index=False,
    )  # fmt: skip
    channel = models.CharField(
        _("Channel"), max_length=8, choices=ConsentChannel, blank=True, default="", db_default=""
    )
    act = models.CharField(_("What was said"), max_length=10, choices=ConsentAct)
    at = models.DateTimeField(_("Said at"), db_default=Now())
    proof = models.CharField(
        _("Proof"),
        max_length=8,
        choices=ConsentProof,
        default=ConsentProof.PAGE,
        db_default=ConsentProof.PAGE,
    )
    proof_note = models.CharField(
        _("Where the proof is"), max_length=300, blank=True, default="", db_default=""
    )
    valid_until = models.DateField(_("Holds until"), null=True, blank=True)
    external_id = models.CharField(
        _("Consent number"), max_length=64, null=True, blank=True, db_collation="C"
    )

    class Meta(Record.Meta):
        verbose_name = _("Consent")
        verbose_name_plural = _("Consents")
        constraints = [models.UniqueConstraint(fields=["external_id"], name="customers_consent_external_id")]
        indexes = [
            models.Index(fields=["at", "id"], name="customers_consent_at"),
            models.Index(
                fields=["valid_until"], name="customers_consent_until", condition=Q(valid_until__isnull=False)
            ),
        ]
        triggers = [*Record.Meta.triggers, frozen]

    def __str__(self) -> str:
        return f"{self.act} {self.channel}"


class DutyKind(models.TextChoices):
    TELL = "tell", _("Tell the result")
    RECONFIRM = "reconfirm", _("Ask whether consent still holds")


class ConsentDuty(Record):
    """What the company owes a person because of a consent, by a day.

    Tell: the result of a consent, refusal or withdrawal, within 14 days (정보통신망법 시행령 제62조의2). Reconfirm: every two
    years whether consent still holds (제62조의3).
    """

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="consent_duties", verbose_name=_("Customer")
    )
    consent = models.ForeignKey(
        Consent, models.PROTECT, related_name="duties", verbose_name=_("Consent"), db_index=False
    )
    kind = models.CharField(_("Kind"), max_length=10, choices=DutyKind)
    due_on = models.DateField(_("Due on"))
    done_at = models.DateTimeField(_("Done at"), null=True, blank=True)
    how = models.CharField(_("How it was done"), max_length=200, blank=True, default="", db_default="")

    class Meta(Record.Meta):
        verbose_name = _("Consent duty")
        verbose_name_plural = _("Consent duties")
        constraints = [models.UniqueConstraint(fields=["consent", "kind"], name="customers_consentduty_once")]
        indexes = [
            models.Index(fields=["due_on", "id"], name="customers_consentduty_due", condition=Q(done_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_on}"


# what people ask for


class RequestKind(models.TextChoices):
    VIEW = "view", _("See what there is")
    CORRECT = "correct", _("Correct")
    ERASE = "erase", _("Erase for good")
    STOP = "stop", _("Stop using it")


class RequestStatus(models.TextChoices):
    OPEN = "open", pgettext_lazy("request", "Open")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused with a reason")


class PersonRequest(Record):
    """What a person asks for about the person's own data; answered within ten days (개인정보 보호법 시행령 제41조, 제43조)."""

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="person_requests", verbose_name=_("Customer")
    )
    contact = models.ForeignKey(
        Contact,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="person_requests",
        verbose_name=_("Contact"),
    )
    kind = models.CharField(_("Kind"), max_length=10, choices=RequestKind)
    status = models.CharField(
        _("Status"),
        max_length=10,
        choices=RequestStatus,
        default=RequestStatus.OPEN,
        db_default=RequestStatus.OPEN,
    )
    subject = models.CharField(_("What is asked for"), max_length=200)
    received_on = models.DateField(_("Received on"))
    due_on = models.DateField(_("Due on"), null=True, blank=True)
    answered_on = models.DateField(_("Answered on"), null=True, blank=True)
    answer = models.TextField(pgettext_lazy("request", "Answer"), blank=True, default="", db_default="")

    class Meta(Record.Meta):
        verbose_name = _("Request of a person")
        verbose_name_plural = _("Requests of persons")
        indexes = [
            models.Index(
                fields=["due_on", "id"], name="customers_personrequest_due", condition=Q(status="open")
            )
        ]

    def __str__(self) -> str:
        return self.subject
