"""Writes of the doors: webhooks made, changed, tried out, replayed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity import revisions
from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import User
from dangol.identity.policies import require
from dangol.identity.services import audit
from dangol.integrations import policies
from dangol.integrations.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from dangol.integrations.webhooks import contents, kinds, queueing, sending, signing, subscriptions
from dangol.outbound import addresses
from dangol.outbound.errors import OutboundProblem
from dangol.outbound.http import USUAL_PORTS, parsed
from dangol.outbound.sealing import seal
from dangol.records import fieldrules, filters, registry
from dangol.records.filters import FilterError

OVERLAP = timedelta(hours=24)
"""How long the previous secret still signs after it was changed."""
KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 10_000
REPLAYED_MOST = 100_000
_RANGES = {"batch_size": (1, 100), "rate": (1, 1_000), "concurrency": (1, 16)}
_SHOWN = (
    "name",
    "url",
    "events",
    "filter",
    "includes_record",
    "batch_size",
    "rate",
    "concurrency",
    "is_active",
)


def endpoint_save(
    *,
    actor: Actor,
    endpoint: WebhookEndpoint | None = None,
    name: str,
    url: str,
    owner: User,
    events: Iterable[str],
    filter: str = "",  # noqa: A002 - the word of the field
    includes_record: bool = False,
    batch_size: int = 50,
    rate: int = 100,
    concurrency: int = 4,
    is_active: bool = True,
) -> tuple[WebhookEndpoint, str]:
    """Make or change a webhook. A change of address or a switch starts one that had stopped.

    Args:
        actor: an administrator.
        endpoint: the one to change; None makes one.
        owner: under whose rights it sees records. Only a system administrator may lend somebody else's.
        events: names such as `customer.created`.
        filter: a condition on the records, in the filter language; then all events must be of one record type.
        includes_record: send what the API would show the owner, not ids alone.
        batch_size: records in one message, 1 to 100.
        rate: messages a second, 1 to 1,000.
        concurrency: messages under way at the same time, 1 to 16.

    Returns:
        The endpoint, and its secret where it is new, which is shown this once; else "".

    Raises:
        PermissionDenied: not allowed.
        ValidationError: by field.
    """
    require(policies.can_administer(actor), "webhook_save")
    if endpoint is None or endpoint.owner_id != owner.pk:
        require(policies.can_lend_rights(actor, owner.pk), "webhook_owner")
    else:
        # Whoever changes where data go, or which, uses the owner's rights anew.
        require(policies.can_lend_rights(actor, endpoint.owner_id), "webhook_owner")
    before = {} if endpoint is None else {key: getattr(endpoint, key) for key in _SHOWN}
    saved = endpoint or WebhookEndpoint(created_by_id=actor.user_id)
    address_changed = saved.url != url.strip()
    saved.name, saved.url, saved.owner = name.strip(), url.strip(), owner
    saved.events = sorted(set(events))
    saved.filter = filter.strip()
    saved.includes_record = includes_record
    saved.batch_size, saved.rate, saved.concurrency = batch_size, rate, concurrency
    started = is_active and (not saved.is_active or address_changed)
    saved.is_active = is_active
    _check(saved, check_address=address_changed)
    secret = ""
    if endpoint is None:
        secret = signing.secret_new()
        saved.secret = seal(secret, purpose=sending.SEAL)
    else:
        saved.version += 1
        if started:
            _forgive(saved)
    with transaction.atomic():
        saved.save()
        after = {key: getattr(saved, key) for key in _SHOWN}
        audit.record(
            actor=actor,
            act="updated" if endpoint else "created",
            target=saved,
            changes=audit.differences(before, {**after, "owner": owner.email}),
        )
        revisions.changed(subscriptions.REVISION)
        if saved.is_live():
            queueing.wake(saved.pk)
    return saved, secret


def _forgive(endpoint: WebhookEndpoint) -> None:
    endpoint.stopped_at, endpoint.stopped_why = None, ""
    endpoint.failing_since, endpoint.failures, endpoint.paused_until = None, 0, None


def _check(endpoint: WebhookEndpoint, *, check_address: bool) -> None:
    wrong: dict[str, Any] = {}
    if not endpoint.name:
        wrong["name"] = _("Give it a name.")
    if not endpoint.owner.is_active:
        wrong["owner"] = _("This user is deactivated.")
    if check_address and (message := _address_problem(endpoint.url)):
        wrong["url"] = message
    known = set(kinds.names())
    unknown = [event for event in endpoint.events if event not in known]
    if not endpoint.events:
        wrong["events"] = _("Choose at least one event.")
    elif unknown:
        wrong["events"] = _("There is no event “%(name)s”.") % {"name": unknown[0][:100]}
    for name, (least, most) in _RANGES.items():
        if not least <= getattr(endpoint, name) <= most:
            wrong[name] = _("Write a whole number from %(least)s to %(most)s.") % {
                "least": least,
                "most": most,
            }
    if endpoint.filter and "events" not in wrong and (message := _filter_problem(endpoint)):
        wrong["filter"] = message
    if wrong:
        raise ValidationError(wrong)
    endpoint.full_clean(exclude=["secret", "owner", "created_by"])


def _address_problem(url: str) -> str:
    try:
        target = parsed(url)
        found = addresses.checked(target.host, target.port, usual_ports=USUAL_PORTS)
    except OutboundProblem as problem:
        return str(problem)
    if not target.secure and any(addresses.is_public(ip_address(text)) for text in found):
        return _("Use https: over http everybody on the way could read along.")
    return ""


def _filter_problem(endpoint: WebhookEndpoint) -> str:
    types = {event.partition(".")[0] for event in endpoint.events}
    if len(types) > 1:
        return _("With a filter, all events must be of one kind of record.")
    record_type = registry.get(types.pop())
    actor = actor_for(endpoint.owner)
    try:
        filters.parse(endpoint.filter, fieldrules.seen_by(actor, record_type), actor=actor)
    except FilterError as error:
        return str(error.message)
    return ""


def endpoint_delete(*, endpoint: WebhookEndpoint, actor: Actor) -> None:
    """Take a webhook away, with its messages.

    Raises:
        PermissionDenied: not allowed.
    """
    require(policies.can_administer(actor), "webhook_delete")
    with transaction.atomic():
        audit.record(actor=actor, act="deleted", target=endpoint)
        endpoint.delete()
        revisions.changed(subscriptions.REVISION)


def endpoint_start(*, endpoint: WebhookEndpoint, actor: Actor) -> None:
    """Start a webhook that was stopped or switched off; what waited goes out.

    Raises:
        PermissionDenied: not allowed.
        ValidationError: its owner has left.
    """
    require(policies.can_administer(actor), "webhook_start")
    if not endpoint.owner.is_active:
        raise ValidationError({"owner": _("This user is deactivated.")})
    with transaction.atomic():
        _forgive(endpoint)
        endpoint.is_active = True
        endpoint.version += 1
        endpoint.save()
        audit.record(actor=actor, act="activated", target=endpoint)
        revisions.changed(subscriptions.REVISION)
        queueing.wake(endpoint.pk)


def secret_rotate(*, endpoint: WebhookEndpoint, actor: Actor) -> str:
    """A new secret, shown this once. For a day messages carry signatures by both, so that the receiver can change over.

    Raises:
        PermissionDenied: not allowed.
    """
    require(
        policies.can_administer(actor) and policies.can_lend_rights(actor, endpoint.owner_id),
        "webhook_rotate",
    )
    secret = signing.secret_new()
    with transaction.atomic():
        locked = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        locked.previous_secret, locked.previous_until = locked.secret, timezone.now() + OVERLAP
        locked.secret = seal(secret, purpose=sending.SEAL)
        locked.version += 1
        locked.save(update_fields=["secret", "previous_secret", "previous_until", "version"])
        audit.record(actor=actor, act="secret_changed", target=locked)
    return secret


def endpoint_test(*, endpoint: WebhookEndpoint, actor: Actor) -> WebhookDelivery:
    """Put a message `webhook.test` on its way; it says nothing but the endpoint's name.

    Raises:
        PermissionDenied: not allowed.
        ValidationError: the webhook is switched off or has stopped.
    """
    require(policies.can_administer(actor), "webhook_test")
    if not endpoint.is_live():
        raise ValidationError(_("Start the webhook first."), code="stopped")
    with transaction.atomic():
        made = WebhookDelivery.objects.create(
            endpoint=endpoint,
            message=f"msg_{uuid4().hex}_0",
            event=contents.TEST,
            actor=actor.user_id,
            occurred_at=timezone.now(),
        )
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(paused_until=None)
        queueing.wake(endpoint.pk)
    return made


def deliveries_replay(
    *,
    endpoint: WebhookEndpoint,
    actor: Actor,
    ids: Iterable[int] | None = None,
    since: datetime | None = None,
    failed_only: bool = True,
) -> int:
    """Send messages once more, each under its own id and with what is true now; how many.

    Args:
        ids: these messages, whatever became of them.
        since: those of what happened since then.
        failed_only: of those only the ones that were given up.

    Raises:
        PermissionDenied: not allowed.
        ValidationError: the webhook is switched off or has stopped, or it would be more than 100,000.
    """
    require(policies.can_administer(actor), "webhook_replay")
    if not endpoint.is_live():
        raise ValidationError(_("Start the webhook first."), code="stopped")
    rows = WebhookDelivery.objects.filter(endpoint=endpoint)
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    else:
        rows = rows.exclude(state=DeliveryState.PENDING)
        if since is not None:
            rows = rows.filter(created_at__gte=since)
        if failed_only:
            rows = rows.filter(state=DeliveryState.FAILED)
    numbers = list(rows.order_by("pk").values_list("pk", flat=True)[: REPLAYED_MOST + 1])
    if len(numbers) > REPLAYED_MOST:
        raise ValidationError(
            _("These are more than %(most)s messages. Choose a later time.") % {"most": REPLAYED_MOST}
        )
    with transaction.atomic():
        WebhookDelivery.objects.filter(pk__in=numbers).update(
            state=DeliveryState.PENDING, attempts=0, next_at=timezone.now(), done_at=None
        )
        audit.record(actor=actor, act="replayed", target=endpoint, changes={"records": [None, len(numbers)]})
        queueing.wake(endpoint.pk)
    return len(numbers)


def deliveries_forget() -> int:
    """Delete messages older than 30 days that do not wait any more; how many. Two queries for each 10,000."""
    before = timezone.now() - KEPT
    gone = 0
    while True:
        old = WebhookDelivery.objects.filter(created_at__lt=before).exclude(state=DeliveryState.PENDING)
        ids = list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
        if not ids:
            return gone
        WebhookDelivery.objects.filter(pk__in=ids).delete()
        gone += len(ids)
