"""What is expected of the data of customers, contacts and contact points."""

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from dangol.customers.models import Contact, ContactPoint, Kind, PointKind
from dangol.measures.quality import Dimension, Rule, register
from dangol.measures.quality.derived import DELIVERABLE_PHONE, MAIL
from dangol.records.types import RecordType


def _without_points(record_type: RecordType) -> Q:
    points = ContactPoint.objects.filter(contact=OuterRef("pk"), deleted_at__isnull=True)
    return Q(phone="", email="") & ~Q(Exists(points))


def _points_without_form(record_type: RecordType) -> Q:
    by_mail = Q(kind=PointKind.EMAIL)
    return (by_mail & ~Q(value__regex=MAIL)) | (~by_mail & ~Q(value__regex=DELIVERABLE_PHONE))


def _primaries(record_type: RecordType) -> Q:
    others = Contact.objects.filter(
        customer=OuterRef("customer"), is_primary=True, deleted_at__isnull=True
    ).exclude(pk=OuterRef("pk"))
    return Q(is_primary=True) & Q(Exists(others))


register(
    "customer",
    Rule(
        "missing_business_number",
        Dimension.COMPLETENESS,
        _("No business number"),
        "business_number is empty",
        f'kind = "{Kind.COMPANY.value}"',
        weight=3,
        fields=("business_number", "kind"),
    ),
    Rule(
        "unreachable",
        Dimension.COMPLETENESS,
        _("Neither phone nor e-mail"),
        "phone is empty and email is empty",
        weight=3,
        fields=("phone", "email"),
    ),
    Rule(
        "street_without_postcode",
        Dimension.VALIDITY,
        _("Address without postcode"),
        "postcode is empty",
        "street is not empty",
        weight=1,
        fields=("postcode", "street"),
    ),
    Rule(
        "postcode_form",
        Dimension.VALIDITY,
        _("Postcode is not of five digits"),
        lambda record_type: ~Q(postcode__regex=r"^[0-9]{5}$"),
        # Without a country it is at home.
        lambda record_type: (
            ~Q(postcode="") & Q(country__in=("", "KR", "KOR", "대한민국", "한국", "Korea", "South Korea"))
        ),
        weight=1,
        fields=("postcode", "country"),
    ),
    Rule(
        "best_but_lost",
        Dimension.CONSISTENCY,
        _("VIP, but lost"),
        'grade = "vip"',
        'stage = "lost"',
        weight=2,
        fields=("grade", "stage"),
    ),
    Rule(
        "born_in_future",
        Dimension.CONSISTENCY,
        _("Date of birth in the future"),
        "birth_date > today",
        "birth_date is not empty",
        weight=3,
        fields=("birth_date",),
    ),
    Rule(
        "company_with_birth",
        Dimension.CONSISTENCY,
        _("A company with a date of birth"),
        "birth_date is not empty",
        f'kind = "{Kind.COMPANY.value}"',
        weight=1,
        fields=("birth_date", "kind"),
    ),
    Rule(
        "person_with_number",
        Dimension.CONSISTENCY,
        _("A person with a business number"),
        "business_number is not empty",
        f'kind = "{Kind.PERSON.value}"',
        weight=1,
        fields=("business_number", "kind"),
    ),
    Rule(
        "since_in_future",
        Dimension.CONSISTENCY,
        _("Customer since a day in the future"),
        "since > today",
        "since is not empty",
        weight=1,
        fields=("since",),
    ),
    expect={
        "missing_owner": 2,
        "missing_phone": 2,
        "missing_email": 1,
        "missing_city": 1,
        "missing_industry": 1,
        "missing_street": 1,
        "doubled_business_number": 3,
        "doubled_email": 2,
        "doubled_phone": 1,
    },
)
register(
    "contact",
    Rule(
        "unreachable",
        Dimension.COMPLETENESS,
        _("No way to reach this contact"),
        _without_points,
        weight=3,
        fields=("phone", "email"),
    ),
    Rule(
        "two_main_contacts",
        Dimension.CONSISTENCY,
        _("The customer has another main contact"),
        _primaries,
        "is_primary = true",
        weight=1,
        fields=("is_primary",),
    ),
    expect={
        "missing_job_title": 1,
        "missing_department": 1,
        "missing_phone": 1,
        "missing_email": 1,
        "doubled_email": 2,
        "doubled_phone": 1,
    },
)
register(
    "contact_point",
    Rule(
        "point_form",
        Dimension.VALIDITY,
        _("Number or address: form"),
        _points_without_form,
        weight=2,
        fields=("value", "kind"),
    ),
)
