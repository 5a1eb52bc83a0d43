"""The monthly review of the access log: its figures, the sign-off, the reminder (안전성 확보조치 기준 제8조제2항)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.events.outbox import announce
from dangol.identity.actors import Actor
from dangol.identity.models import User
from dangol.identity.selectors import administrators
from dangol.records.looks.events import PrivacyDutyDue
from dangol.records.looks.reading import may_read
from dangol.records.models.looks import Look, LookReview, LookSeal

SEOUL = ZoneInfo("Asia/Seoul")
TARGET = "look_review"
NOTE_LEAST = 10
MOST_PEOPLE = 10
NIGHT = (22, 6)
"""From ten in the evening to six in the morning nobody works here as a rule."""

_FIGURES = """
SELECT user_id, act, count(*), sum(count),
       count(*) FILTER (WHERE hour >= %(late)s OR hour < %(early)s),
       count(*) FILTER (WHERE weekday IN (6, 7))
FROM (
    SELECT user_id, act, count, extract(hour FROM at AT TIME ZONE 'Asia/Seoul') AS hour,
           extract(isodow FROM at AT TIME ZONE 'Asia/Seoul') AS weekday
    FROM records_look WHERE at >= %(since)s AND at < %(until)s
) looked GROUP BY user_id, act
"""


def bounds(month: date) -> tuple[datetime, datetime]:
    """Beginning and end of a month in Seoul."""
    first = month.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return datetime.combine(first, time.min, SEOUL), datetime.combine(following, time.min, SEOUL)


def figures(actor: Actor, month: date) -> dict[str, Any]:
    """What stands out in a month, as JSON. Two queries, reads the month.

    Returns:
        `looks` and `records` in all; per kind of thing that stands out – `most`, `night`, `weekend`, `downloads`,
        `refused`, `revealed` – the people with their numbers, highest first; names as they are now.

    Raises:
        PermissionDenied: the actor may not read the log.
    """
    if not may_read(actor):
        raise PermissionDenied("access_log")
    since, until = bounds(month)
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"since": since, "until": until, "late": NIGHT[0], "early": NIGHT[1]})
        rows = cursor.fetchall()
    names = dict(User.objects.filter(pk__in=[row[0] for row in rows if row[0]]).values_list("pk", "name"))
    found: dict[str, dict[int | None, int]] = defaultdict(lambda: defaultdict(int))
    looked = records = 0
    for user, act, times, count, night, weekend in rows:
        looked += times
        records += int(count)
        found["most"][user] += int(count)
        found["night"][user] += night
        found["weekend"][user] += weekend
        if act in ("download", "export"):
            found["downloads"][user] += int(count)
        if act == "refused":
            found["refused"][user] += times
        if act == "reveal":
            found["revealed"][user] += times
    people = {
        key: [
            {"user": user, "name": names.get(user or 0, ""), "count": count}
            for user, count in sorted(by_user.items(), key=lambda item: -item[1])
            if count
        ][:MOST_PEOPLE]
        for key, by_user in found.items()
    }
    return {"looks": looked, "records": records, "people": people}


def review_sign(*, actor: Actor, month: date, note: str) -> LookReview:
    """Sign a month off. What was seen and said is kept, and nothing of it can be changed afterwards.

    Raises:
        PermissionDenied: the actor may not read the log.
        ValidationError: the month is not over, is signed off already, or there is no note.
    """
    if not may_read(actor) or actor.user_id is None:
        raise PermissionDenied("access_log_review")
    month = month.replace(day=1)
    note = " ".join(note.replace("\0", "").split())
    if bounds(month)[1] > timezone.now():
        raise ValidationError({"month": _("This month is not over yet.")}, code="month")
    if len(note) < NOTE_LEAST:
        raise ValidationError(
            {
                "note": _("Write what you looked at and found, in at least %(least)s characters.")
                % {"least": NOTE_LEAST}
            },
            code="note",
        )
    with transaction.atomic():
        if LookReview.objects.filter(month=month).exists():
            raise ValidationError({"month": _("This month has been signed off already.")}, code="twice")
        last = LookSeal.objects.order_by("-id").first()
        return LookReview.objects.create(
            month=month,
            figures=figures(actor, month),
            note=note[:2_000],
            reviewer_id=actor.user_id,
            reviewer_name=actor.name,
            seal=last.hash if last else "",
        )


def due(*, now: datetime | None = None) -> date | None:
    """The last month, where it has been over and not been signed off; None where there was nothing to review. Two queries."""
    today = (now or timezone.now()).astimezone(SEOUL).date()
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    since, until = bounds(month)
    if LookReview.objects.filter(month=month).exists():
        return None
    return month if Look.objects.filter(at__gte=since, at__lt=until).exists() else None


def remind(*, now: datetime | None = None) -> int:
    """Tell the administrators of a review that is due. Returns how many were meant."""
    month = due(now=now)
    if month is None:
        return 0
    users = tuple(administrators().values_list("pk", flat=True))
    with transaction.atomic():
        announce(PrivacyDutyDue(TARGET, month.year * 100 + month.month, users))
    return len(users)
