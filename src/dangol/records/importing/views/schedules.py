"""Pages of scheduled imports."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dangol.identity.actors import Actor, may_administer
from dangol.identity.models import User
from dangol.outbound.errors import OutboundProblem
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.scheduling import services, taking
from dangol.records.importing.scheduling.forms import ScheduleForm
from dangol.records.importing.views.access import MENU_KEY, TONES, actor_of, type_labels
from dangol.records.models import Change, ImportSchedule, ScheduleResult, ScheduleRule

SHOWN_RUNS = 20
SHOWN_CHANGES = 20


@require_GET
def schedules(request: HttpRequest) -> HttpResponse:
    """All schedules this actor may see, with how they stand. Two queries beside those of the page."""
    actor = actor_of(request)
    found = services.schedules_visible_to(actor).select_related("state", "acts_as").order_by("name")
    return render(
        request,
        "records/importing/schedules.html",
        {
            "schedules": [shown(one) for one in found],
            "menu_key": MENU_KEY,
            "sees_all": may_administer(actor),
        },
    )


def shown(schedule: ImportSchedule) -> dict[str, Any]:
    """A schedule in words."""
    state = schedule.state
    if state.stopped_at is not None:
        word, tone = _("Stopped after failures"), "r"
    elif not schedule.active:
        word, tone = _("Switched off"), "g"
    elif state.last_result == ScheduleResult.FAILED:
        word, tone = _("Failed"), "r"
    else:
        word, tone = _("Switched on"), "p"
    return {"one": schedule, "state": state, "word": word, "tone": tone, "when": when(schedule)}


def when(schedule: ImportSchedule) -> str:
    """The rule in words."""
    if schedule.rule == ScheduleRule.MINUTES:
        return _("Every %(count)s minutes") % {"count": schedule.every}
    label = str(ScheduleRule(schedule.rule).label)
    return (
        f"{label} {schedule.at_time:%H:%M}"
        if schedule.at_time and schedule.rule != ScheduleRule.HOURLY
        else label
    )


def schedule_of(request: HttpRequest, schedule_id: int) -> tuple[Actor, ImportSchedule]:
    """The actor and the schedule, if he may see it. One query."""
    actor = actor_of(request)
    found = services.schedules_visible_to(actor).select_related("state", "acts_as").filter(pk=schedule_id)
    schedule = found.first()
    if schedule is None:
        raise Http404
    return actor, schedule


def address_of(schedule: ImportSchedule) -> str:
    return reverse("imports:schedule", args=[schedule.pk])


@require_GET
def schedule(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """One schedule: how it stands, its imports, what was changed."""
    _actor, one = schedule_of(request, schedule_id)
    return _detail(request, one)


def _detail(request: HttpRequest, one: ImportSchedule, trial: taking.Trial | None = None) -> HttpResponse:
    try:
        mapping = services.mapping_title(one)
    except ImportProblem as problem:
        mapping = str(problem)
    runs = [
        {"run": run, "tone": TONES[run.state], "types": type_labels(run)}
        for run in one.runs.order_by("-id")[:SHOWN_RUNS]
    ]
    return render(
        request,
        "records/importing/schedule.html",
        {
            **shown(one),
            "mapping": mapping,
            "trial": trial,
            "most": services.MOST_FAILURES,
            "runs": runs,
            "changes": _changes(one),
            "menu_key": MENU_KEY,
        },
    )


def _changes(one: ImportSchedule) -> list[dict[str, Any]]:
    """Who changed which setting when. Two queries."""
    rows = list(
        Change.objects.filter(table=one._meta.db_table, record_id=one.pk).order_by("-id")[:SHOWN_CHANGES]
    )
    people = dict(User.objects.filter(pk__in={row.actor_id for row in rows}).values_list("pk", "name"))
    fields = {field.column: field for field in one._meta.concrete_fields}
    return [
        {
            "at": row.at,
            "who": people.get(row.actor_id or 0, ""),
            "what": [
                (fields[name].verbose_name, *(_value(fields[name], value) for value in values))
                for name, values in row.changes.items()
                if name in fields
            ],
        }
        for row in rows
    ]


def _value(field: Any, value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return "–" if value in (None, "") else str(value)


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
def schedule_new(request: HttpRequest) -> HttpResponse:
    """Make a schedule."""
    actor = actor_of(request)
    if request.method == "GET":
        initial = {"acts_as": actor.user_id, "mapping_name": request.GET.get("mapping", "")}
        return _form(request, ScheduleForm(actor=actor, initial=initial), None)
    return _save(request, actor, None)


@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
def schedule_edit(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Change a schedule."""
    actor, one = schedule_of(request, schedule_id)
    if request.method == "GET":
        initial = {name: getattr(one, name) for name in services.SETTINGS}
        initial["acts_as"] = one.acts_as_id
        return _form(request, ScheduleForm(actor=actor, schedule=one, initial=initial), one)
    return _save(request, actor, one)


def _save(request: HttpRequest, actor: Actor, one: ImportSchedule | None) -> HttpResponse:
    form = ScheduleForm(request.POST, actor=actor, schedule=one)
    if not form.is_valid():
        return _form(request, form, one, status=422)
    try:
        made = services.schedule_save(
            actor=actor, values=form.values(), secret=form.cleaned_data["secret"], schedule=one
        )
    except (ImportProblem, OutboundProblem) as problem:
        form.add_error(None, str(problem))
        return _form(request, form, one, status=422)
    messages.success(request, _("The schedule is saved. Test the connection before you rely on it."))
    return redirect(address_of(made))


def _form(
    request: HttpRequest, form: ScheduleForm, one: ImportSchedule | None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "one": one, "menu_key": MENU_KEY}
    return render(request, "records/importing/schedule_form.html", context, status=status)


@require_POST
def schedule_test(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Open the source and list what would be taken; nothing is done."""
    _actor, one = schedule_of(request, schedule_id)
    return _detail(request, one, taking.try_out(one))


@require_POST
def schedule_run(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Let the worker look now."""
    actor, one = schedule_of(request, schedule_id)
    try:
        services.schedule_request(schedule=one, actor=actor)
    except ImportProblem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(
            request,
            _("The worker looks now. Files that were written in the last minute are taken a minute later."),
        )
    return redirect(address_of(one))


@require_POST
def schedule_switch(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Switch a schedule on (`active=1`) or off."""
    actor, one = schedule_of(request, schedule_id)
    try:
        services.schedule_switch(schedule=one, active=request.POST.get("active") == "1", actor=actor)
    except ImportProblem as problem:
        messages.error(request, str(problem))
    return redirect(address_of(one))


@require_POST
def schedule_trust(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Confirm the key of the SFTP server (`key`), or forget it (empty)."""
    actor, one = schedule_of(request, schedule_id)
    try:
        services.schedule_trust(schedule=one, key=request.POST.get("key", ""), actor=actor)
    except ImportProblem as problem:
        messages.error(request, str(problem))
    return redirect(address_of(one))


@require_POST
def schedule_remove(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Delete a schedule; its imports stay."""
    actor, one = schedule_of(request, schedule_id)
    services.schedule_remove(schedule=one, actor=actor)
    messages.success(request, _("The schedule is deleted. Its imports stay."))
    return redirect("imports:schedules")
