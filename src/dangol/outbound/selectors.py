"""Reading the log of calls."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from dangol.outbound.models import OutboundCall

OK = Q(error="") & Q(status__lt=400)


def calls(*, failed_only: bool = False) -> QuerySet[OutboundCall]:
    """The calls that left, newest first.

    Args:
        failed_only: those that nobody answered, or that were answered with an error.
    """
    found = OutboundCall.objects.order_by("-at", "-pk")
    return found.exclude(OK) if failed_only else found
