"""Roles and their matrix."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.administration.forms import show_errors
from dangol.administration.matrix import RoleForm
from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.identity import selectors, services
from dangol.identity.models import Role


@require_safe
@administrators_only
def role_list(request: SignedInRequest) -> HttpResponse:
    """All roles with how many have them."""
    return render(request, "administration/roles.html", {"roles": selectors.roles()})


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def role_new(request: SignedInRequest) -> HttpResponse:
    """A new role, empty."""
    return _save(request, RoleForm(request.POST if request.method == "POST" else None), None)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def role_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """A role with its matrix."""
    role = get_object_or_404(selectors.roles(), pk=pk)
    return _save(request, RoleForm(request.POST if request.method == "POST" else None, role=role), role)


@require_POST
@administrators_only
def role_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete a role that nobody has."""
    role = get_object_or_404(Role, pk=pk)
    try:
        services.role_delete(role=role, actor=request.actor)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("administration:role", pk=pk)
    messages.success(request, _("%(name)s is deleted.") % {"name": role.name})
    return redirect("administration:roles")


def _save(request: SignedInRequest, form: RoleForm, role: Role | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            services.role_save(
                actor=request.actor,
                role=role,
                name=form.cleaned_data["name"],
                code=form.cleaned_data["code"],
                description=form.cleaned_data["description"],
                grants=form.grants(),
                rules=form.rules(),
            )
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": form.cleaned_data["name"]})
            return redirect("administration:roles")
    return render(
        request, "administration/role.html", {"form": form, "role": role}, status=422 if form.errors else 200
    )
