"""The consent ledger: what is checked, what follows from a line, and what holds now.

The ledger (`Consent`) is only added to. What holds now is kept beside it as scores (`consent.sms` of a customer or
contact), so that lists, filters, segments and the lake have it like any other field; the ledger is what decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dangol.customers.models import (
    Consent,
    ConsentAct,
    ConsentChannel,
    ConsentDuty,
    ConsentPurpose,
    ConsentWording,
    DutyKind,
    PurposeKind,
)
from dangol.identity.actors import Actor, may_administer
from dangol.measures.fields import ScoreChoice
from dangol.records import ports, registry, writing
from dangol.records.fields import FieldError, Ref
from dangol.records.types import Draft, WrittenRows
from dangol.records.writing import Change

SEOUL = ZoneInfo("Asia/Seoul")
MODEL = "consent"
STANDARD = tuple(PurposeKind.values)
"""Codes of the purposes that come with the installation; what was said about these is a field."""
NO_NIGHT = frozenset({ConsentChannel.EMAIL.value, ConsentChannel.POST.value})
"""Channels that no separate consent is needed for at night (정보통신망법 제50조제3항, 시행령 제61조)."""
TELL_DAYS, RECONFIRM_AHEAD_DAYS = 14, 30
NIGHT = (21, 8)

STATES = (
    ("given", _("Given")),
    ("refused", _("Refused")),
    ("withdrawn", _("Withdrawn")),
    ("expired", _("Expired")),
)
TONES = {"given": "p", "refused": "o", "withdrawn": "r", "expired": "g"}

_LATEST = """
SELECT DISTINCT ON (c.customer_id, c.contact_id, c.purpose_id, c.channel)
       c.customer_id, c.contact_id, p.code, c.channel, c.at,
       CASE WHEN c.act = 'given' AND c.valid_until < %(today)s THEN 'expired' ELSE c.act END AS state,
       c.id, c.purpose_id, c.valid_until, p.kind
FROM customers_consent c JOIN customers_consentpurpose p ON p.id = c.purpose_id
WHERE {where} AND c.deleted_at IS NULL
-- of what was said at one moment, a refusal or withdrawal wins
ORDER BY c.customer_id, c.contact_id, c.purpose_id, c.channel, c.at DESC, c.act = 'given', c.id DESC
"""
_SCORES = """
INSERT INTO measures_score AS known (record_type, record_id, name, label, as_of, model)
SELECT CASE WHEN contact_id IS NULL THEN 'customer' ELSE 'contact' END, coalesce(contact_id, customer_id),
       'consent.' || CASE code WHEN 'collection' THEN 'collection' WHEN 'night' THEN 'night_' || channel ELSE channel END,
       state, (at AT TIME ZONE 'Asia/Seoul')::date, 'consent'
FROM ({latest}) latest WHERE code = ANY(%(codes)s)
ON CONFLICT (record_type, record_id, name) DO UPDATE SET label = EXCLUDED.label, as_of = EXCLUDED.as_of
WHERE known.label <> EXCLUDED.label OR known.as_of <> EXCLUDED.as_of
"""


def fields_of(record_type: str) -> list[ScoreChoice]:
    """What holds now, as fields of customers or contacts: `consent.sms`, `consent.night_sms`, `consent.collection` …"""
    names: list[tuple[str, Any]] = [
        ("collection", _("Consent: collection and use")),
        ("sms", _("Consent: text message")),
        ("email", _("Consent: e-mail")),
        ("kakao", _("Consent: KakaoTalk")),
        ("phone", _("Consent: phone call")),
        ("post", _("Consent: post")),
        ("night_sms", _("Consent: text message at night")),
        ("night_kakao", _("Consent: KakaoTalk at night")),
        ("night_phone", _("Consent: phone call at night")),
    ]
    return [
        ScoreChoice(
            f"consent.{name}", record_type=record_type, needs="", label=label, choices=STATES, tones=TONES
        )
        for name, label in names
    ]


# what is checked


def purpose_problems(rows: Sequence[Draft], actor: Actor) -> Iterator[tuple[int, str, FieldError]]:
    """Purposes are the company's own: who administers sets them up, and what one is called by programs stays."""
    for draft in rows:
        if not may_administer(actor):
            yield draft.index, "", _forbidden()
        elif draft.current and draft.values.get("code", draft.current.get("code")) != draft.current.get(
            "code"
        ):
            yield (
                draft.index,
                "code",
                FieldError("fixed", _("The code stays as it is: fields and programs go by it.")),
            )


def wording_problems(rows: Sequence[Draft], actor: Actor) -> Iterator[tuple[int, str, FieldError]]:
    """Who administers writes the wordings; a number is used once."""
    if not may_administer(actor):
        yield from ((draft.index, "", _forbidden()) for draft in rows)
        return
    purposes = {ref.id for draft in rows if isinstance(ref := draft.get("purpose"), Ref)}
    known = set(
        ConsentWording.objects.filter(purpose_id__in=purposes - {None}).values_list("purpose_id", "number")
    )
    for draft in rows:
        key = (_id(draft, "purpose") or 0, draft.get("number"))
        if draft.current is None and key in known:
            yield draft.index, "number", FieldError("unique", _("This purpose has a version of that number."))
        known.add(key)


def _forbidden() -> FieldError:
    return FieldError("forbidden", _("Only those who administer set this up."))


def complete(rows: Sequence[Draft]) -> None:
    """Fill in the moment, the wording in use then, and how long a consent holds. Two queries."""
    purposes = ConsentPurpose.objects.in_bulk({number for draft in rows if (number := _id(draft, "purpose"))})
    wordings: dict[int, list[ConsentWording]] = {}
    for wording in ConsentWording.objects.filter(purpose_id__in=purposes).order_by("since", "number"):
        wordings.setdefault(wording.purpose_id, []).append(wording)
    now = timezone.now()
    for draft in rows:
        purpose = purposes.get(_id(draft, "purpose") or 0)
        if draft.current is not None or purpose is None:
            continue
        if draft.get("at") is None:
            draft.values["at"] = now
        day = draft.values["at"].astimezone(SEOUL).date()
        if draft.get("wording") is None:
            used = [one for one in wordings.get(purpose.pk, ()) if one.since <= day]
            if used:
                draft.values["wording"] = Ref(id=used[-1].pk)
        if draft.get("act") == ConsentAct.GIVEN and not draft.get("valid_until") and purpose.valid_months:
            draft.values["valid_until"] = months_later(day, purpose.valid_months)


def problems(rows: Sequence[Draft]) -> Iterator[tuple[int, str, FieldError]]:
    """What a line of the ledger cannot be. One query."""
    kinds = dict(
        ConsentPurpose.objects.filter(pk__in={_id(draft, "purpose") or 0 for draft in rows}).values_list(
            "pk", "kind"
        )
    )
    now = timezone.now() + timedelta(minutes=5)
    for draft in rows:
        kind, channel = kinds.get(_id(draft, "purpose") or 0), draft.get("channel") or ""
        at: datetime | None = draft.get("at")
        if at is not None and at > now:
            yield (
                draft.index,
                "at",
                FieldError("future", _("Nobody has said this yet: the moment lies ahead.")),
            )
        if kind == PurposeKind.COLLECTION and channel:
            yield (
                draft.index,
                "channel",
                FieldError("channel", _("Consent to collection has no channel. Leave it empty.")),
            )
        if kind in (PurposeKind.MARKETING, PurposeKind.NIGHT) and not channel:
            yield (
                draft.index,
                "channel",
                FieldError("required", _("Consent to advertising is given for each channel. Choose one.")),
            )
        if kind == PurposeKind.NIGHT and channel in NO_NIGHT:
            yield (
                draft.index,
                "channel",
                FieldError("channel", _("No separate consent is needed for this channel at night.")),
            )


def _id(draft: Draft, name: str) -> int | None:
    value = draft.get(name)
    return value.id if isinstance(value, Ref) else None


def months_later(day: date, months: int) -> date:
    """The same day so many months later; the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise ValueError(day)


# what follows from a line


def settle(written: WrittenRows, *, actor: Actor) -> None:
    """Bring what holds now in step, tell it on the timeline, and note what is owed. Five queries and the duties' own."""
    ids = [draft.id for draft in written.created if draft.id]
    if not ids:
        return
    lines: list[Any] = list(
        Consent.objects.filter(pk__in=ids).values(
            "id", "customer_id", "contact_id", "purpose_id", "purpose__name", "purpose__kind", "channel", "act", "at",
            "valid_until",
        )
    )  # fmt: skip
    refresh_scores([line["customer_id"] for line in lines])
    timeline = ports.timeline()
    if timeline is not None:
        timeline.add([entry for line in lines for entry in _entries(line, actor)])
    _close_answered(lines)
    oldest = timezone.now() - timedelta(days=TELL_DAYS)
    owed = [line for line in lines if line["purpose__kind"] != PurposeKind.COLLECTION and line["at"] > oldest]
    duties_add(
        [
            (line["customer_id"], line["id"], DutyKind.TELL, _day(line["at"]) + timedelta(days=TELL_DAYS))
            for line in owed
        ]
    )


def refresh_scores(customers: Sequence[int] | None = None, *, today: date | None = None) -> int:
    """Write what holds now for these customers – for all whose consent has run out, where none are given. One query."""
    where = "c.customer_id = ANY(%(customers)s)"
    if customers is None:
        where = (
            "c.customer_id IN (SELECT customer_id FROM customers_consent WHERE valid_until BETWEEN %(today)s::date - 40"
            " AND %(today)s)"
        )
    sql = _SCORES.format(latest=_LATEST.format(where=where))
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "customers": list(customers or ()),
                "today": today or _day(timezone.now()),
                "codes": list(STANDARD),
            },
        )
        return int(cursor.rowcount)


def _entries(line: dict[str, Any], actor: Actor) -> Iterator[ports.Entry]:
    subjects = [("customer", line["customer_id"])]
    if line["contact_id"]:
        subjects.append(("contact", line["contact_id"]))
    for subject in subjects:
        yield ports.Entry(
            subject=subject,
            source=("consent", line["id"]),
            kind="consent",
            at=line["at"],
            title=line["purpose__name"],
            data={"act": line["act"], "channel": line["channel"]},
            actor_id=actor.user_id,
        )


def _close_answered(lines: Sequence[dict[str, Any]]) -> None:
    """A new word on the same thing answers the question whether consent still holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE customers_consentduty d SET done_at = now(), how = 'answered'
            FROM customers_consent old, customers_consent new
            WHERE d.consent_id = old.id AND d.kind = 'reconfirm' AND d.done_at IS NULL AND new.id = ANY(%s)
              AND new.customer_id = old.customer_id AND new.purpose_id = old.purpose_id AND new.channel = old.channel
              AND new.contact_id IS NOT DISTINCT FROM old.contact_id AND new.id <> old.id
            """,
            [[line["id"] for line in lines]],
        )


def duties_add(duties: Sequence[tuple[int, int, str, date]]) -> int:
    """Note what is owed: customer, consent, kind, day. What is noted already stays. Returns how many are new."""
    if not duties:
        return 0
    known = set(
        ConsentDuty.objects.filter(consent_id__in=[duty[1] for duty in duties]).values_list(
            "consent_id", "kind"
        )
    )
    new = [duty for duty in duties if (duty[1], str(duty[2])) not in known]
    if new:
        writing.write(
            registry.get("consent_duty"),
            [
                Change(
                    {"customer": customer, "consent": consent, "kind": str(kind), "due_on": day.isoformat()}
                )
                for customer, consent, kind, day in new
            ],
            actor=Actor.system("consent"),
            origin="automation",
        )
    return len(new)


# by the clock


def reconfirm(*, today: date | None = None) -> tuple[int, int]:
    """Note whom to ask again before a consent runs out, and what has run out. Returns both numbers."""
    today = today or _day(timezone.now())
    until = today + timedelta(days=RECONFIRM_AHEAD_DAYS)
    where = "c.customer_id IN (SELECT customer_id FROM customers_consent WHERE valid_until BETWEEN %(today)s AND %(until)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT customer_id, id, valid_until FROM ({_LATEST.format(where=where)}) latest"  # noqa: S608
            " WHERE state = 'given' AND kind <> 'collection' AND valid_until BETWEEN %(today)s AND %(until)s",
            {"today": today, "until": until},
        )
        due = cursor.fetchall()
    asked = duties_add([(customer, consent, DutyKind.RECONFIRM, day) for customer, consent, day in due])
    return asked, refresh_scores(None, today=today)


# what holds now


def latest_of(customer_id: int, contact_id: int | None = None) -> tuple[str, list[Any]]:
    """What a customer (or one of its contacts) last said, as SQL to stand inside another statement, and its parameters."""
    where = "c.customer_id = %s AND c.contact_id IS NOT DISTINCT FROM %s"
    sql = _LATEST.format(where=where).replace("%(today)s", "%s")
    return sql, [_day(timezone.now()), customer_id, contact_id]


def states(customer_id: int, *, contact_id: int | None = None) -> dict[tuple[str, str], dict[str, Any]]:
    """What a customer (or one of its contacts) last said, by purpose and channel. One query."""
    sql, parameters = latest_of(customer_id, contact_id)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
    return {
        (code, channel): {"state": state, "at": at, "until": until, "consent": number}
        for _customer, _contact, code, channel, at, state, number, _purpose, until, _kind in rows
    }


def may_address(
    customer_id: int, channel: str, *, contact_id: int | None = None, at: datetime | None = None
) -> str:
    """Why advertising may not go to a person by a channel at a moment; empty where it may. One query.

    A contact who said nothing is no customer who said yes. From 21:00 to 08:00 in Seoul the night's own consent is needed,
    except for mail.

    Returns:
        "", or `none`, `refused`, `withdrawn`, `expired`, `night`.
    """
    moment = (at or timezone.now()).astimezone(SEOUL)
    known = states(customer_id, contact_id=contact_id)
    state = str(known.get((PurposeKind.MARKETING.value, channel), {}).get("state", "none"))
    if state != "given":
        return state
    is_night = moment.hour >= NIGHT[0] or moment.hour < NIGHT[1]
    if is_night and channel not in NO_NIGHT:
        return "" if known.get((PurposeKind.NIGHT.value, channel), {}).get("state") == "given" else "night"
    return ""


def _day(moment: datetime) -> date:
    return moment.astimezone(SEOUL).date()
