"""Storage used, and backups."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dangol.administration import storage as used
from dangol.administration.views.access import SignedInRequest, administrators_only


@require_safe
@administrators_only
def storage(request: SignedInRequest) -> HttpResponse:
    """What the installation takes up, its largest tables, and its backups. Four queries."""
    folders = used.folder_sizes()
    labels = {
        "media": _("Uploaded files"),
        "imports": _("Files of imports"),
        "exports": _("Files of exports"),
        "lake": _("Data for analysis"),
        used.BACKUPS: _("Backups"),
    }
    numbers = [{"label": _("Database"), "value": filesizeformat(used.database_size())}]
    numbers += [{"label": labels[name], "value": filesizeformat(size)} for name, size in folders.items()]
    context = {
        "numbers": numbers,
        "tables": used.largest_tables(),
        "backups": used.backups(),
        "is_backing_up": used.is_backing_up(),
    }
    return render(request, "administration/storage.html", context)


@require_POST
@administrators_only
def back_up(request: SignedInRequest) -> HttpResponse:
    """Have a backup made now."""
    with transaction.atomic():
        started = used.back_up_soon()
    messages.success(
        request,
        _("The backup is being made; it stands here when it is whole.")
        if started
        else _("A backup is being made already."),
    )
    return redirect("administration:storage")
