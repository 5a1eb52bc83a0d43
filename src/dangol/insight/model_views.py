"""The pages of the model room."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from dangol.identity.actors import Actor
from dangol.identity.middleware import sign_in_redirect
from dangol.insight.links import plain
from dangol.insight.model_pages import model_page, room_page
from dangol.insight.modelling import room
from dangol.insight.models import ModelSetting, ModelVersion
from dangol.insight.policies import can_publish, can_refresh, can_see_models
from dangol.insight.services import refresh_request, refresh_stop

UNASKED: Final = {room.LIFETIME: ("gap_days",), room.DEFECTION: ("margin", "yearly_rate", "held_days")}
"""What each purpose does not go by."""


class SettingForm(forms.Form):
    """What the company says of a purpose; what the purpose does not go by is not asked for."""

    margin = forms.DecimalField(
        label=gettext_lazy("Margin, percent"),
        help_text=gettext_lazy(
            "What is left of an order after what was sold is paid for. Empty: the margin that the costs of what was sold show, "
            "where they are known for half of the revenue."
        ),
        min_value=1, max_value=100, max_digits=5, decimal_places=2, required=False,
    )  # fmt: skip
    yearly_rate = forms.DecimalField(
        label=gettext_lazy("Discount a year, percent"),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
    )
    held_days = forms.IntegerField(
        label=gettext_lazy("Days held out to judge by"),
        help_text=gettext_lazy("Empty: a quarter of the time there is."),
        min_value=14, max_value=730, required=False,
    )  # fmt: skip
    gap_days = forms.IntegerField(
        label=gettext_lazy("Days of silence after which a customer counts as gone"),
        help_text=gettext_lazy("Empty: so many that nine of ten gaps between purchases were no longer."),
        min_value=1, max_value=3650, required=False,
    )  # fmt: skip
    every_days = forms.IntegerField(
        label=gettext_lazy("Learn anew every … days"), help_text=gettext_lazy("0: never by itself."), min_value=0, max_value=365
    )  # fmt: skip
    publishes_itself = forms.BooleanField(
        label=gettext_lazy("Publish by itself what beats the baseline"), required=False
    )

    def __init__(self, *args: Any, purpose: str, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in UNASKED[purpose]:
            del self.fields[name]

    @classmethod
    def of(cls, setting: ModelSetting) -> SettingForm:
        """The form with what is said now."""
        return cls(
            purpose=setting.purpose,
            initial={
                "margin": None if setting.margin is None else plain(setting.margin * 100),
                "yearly_rate": plain(setting.yearly_rate * 100),
                "held_days": setting.held_days,
                "gap_days": setting.gap_days,
                "every_days": setting.every_days,
                "publishes_itself": setting.publishes_itself,
            },
        )

    def said(self) -> dict[str, Any]:
        """What was entered, as the setting keeps it."""
        found = dict(self.cleaned_data)
        for name in ("margin", "yearly_rate"):
            if name not in found:
                continue
            found[name] = None if found[name] is None else found[name] / 100
        return found


def _allowed(request: HttpRequest, purpose: str = room.LIFETIME) -> Actor | None:
    """Who asks; None for strangers. Raises Http404 for whoever may not see models, and for unknown purposes."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is not None and (not can_see_models(actor) or purpose not in room.PURPOSES):
        raise Http404
    return actor


@require_safe
def models(request: HttpRequest) -> HttpResponseBase:
    """All purposes."""
    actor = _allowed(request)
    if actor is None:
        return sign_in_redirect(request)
    return render(request, "insight/models.html", {"purposes": room_page(actor), "menu_key": "insight"})


@require_safe
def model(request: HttpRequest, purpose: str) -> HttpResponseBase:
    """One purpose: the version asked for by `?v=`, all versions, and what may be set."""
    actor = _allowed(request, purpose)
    if actor is None:
        return sign_in_redirect(request)
    return _page(request, actor, purpose, None)


def _page(
    request: HttpRequest, actor: Actor, purpose: str, form: SettingForm | None, status: int = 200
) -> HttpResponse:
    asked = request.GET.get("v", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else None
    context = model_page(actor, purpose, number)
    if context is None:
        raise Http404
    if context["may_publish"]:
        context["form"] = form or SettingForm.of(context["setting"])
    return render(request, "insight/model.html", {**context, "menu_key": "insight"}, status=status)


def _deciding(request: HttpRequest, purpose: str) -> Actor | None:
    actor = _allowed(request, purpose)
    if actor is not None and not can_publish(actor):
        raise Http404
    return actor


@require_POST
def setting(request: HttpRequest, purpose: str) -> HttpResponseBase:
    """Change what the company says of a purpose, and have the model learnt anew."""
    actor = _deciding(request, purpose)
    if actor is None:
        return sign_in_redirect(request)
    form = SettingForm(request.POST, purpose=purpose)
    if not form.is_valid():
        return _page(request, actor, purpose, form, status=422)
    room.setting_change(actor=actor, purpose=purpose, **form.said())
    return _again(request, actor, purpose, _("Saved. The model is learnt anew in a moment."))


@require_POST
def learn(request: HttpRequest, purpose: str) -> HttpResponseBase:
    """Learn a model now."""
    actor = _deciding(request, purpose)
    if actor is None:
        return sign_in_redirect(request)
    room.learn_soon(actor=actor, purpose=purpose)
    return _again(request, actor, purpose, _("The model is learnt anew in a moment."))


@require_POST
def publish(request: HttpRequest, purpose: str) -> HttpResponseBase:
    """Use the version `number`."""
    actor = _deciding(request, purpose)
    if actor is None:
        return sign_in_redirect(request)
    asked = request.POST.get("number", "")
    try:
        version = room.publish(
            actor=actor, purpose=purpose, number=int(asked) if asked.isascii() and asked.isdigit() else 0
        )
    except ModelVersion.DoesNotExist:
        raise Http404 from None
    except room.NotPublishable:
        messages.error(request, _("This version cannot be published."))
        return redirect("insight:model", purpose)
    return _again(request, actor, purpose, _("Version %(n)s is in use.") % {"n": version.number})


@require_POST
def retire(request: HttpRequest, purpose: str) -> HttpResponseBase:
    """Use no version any more."""
    actor = _deciding(request, purpose)
    if actor is None:
        return sign_in_redirect(request)
    room.retire(actor=actor, purpose=purpose)
    return _again(request, actor, purpose, _("No model is in use now; its values go in a moment."))


@require_POST
def stop(request: HttpRequest) -> HttpResponseBase:
    """Stop the refresh that is under way."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None:
        return sign_in_redirect(request)
    if not can_refresh(actor):
        raise Http404
    if refresh_stop(actor=actor):
        messages.success(request, _("It stops at the next step. What was shown before stays."))
    return redirect("insight:value")


def _again(request: HttpRequest, actor: Actor, purpose: str, said: str) -> HttpResponse:
    """Values follow at the next refresh, which is asked for."""
    refresh_request(actor=actor, reason="models")
    messages.success(request, said)
    return redirect("insight:model", purpose)
