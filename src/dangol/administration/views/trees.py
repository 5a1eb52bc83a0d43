"""Teams and territories: one set of pages for both trees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.administration.forms import NodeForm, show_errors
from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.identity import selectors, services
from dangol.identity.models import Team, Territory


@dataclass(frozen=True)
class Kind:
    """What differs between the two trees."""

    path: str
    argument: str
    model: Any
    save: Callable[..., Any]
    delete: Callable[..., None]
    icon: str
    title: Promise
    new: Promise
    purpose: Promise


KINDS = {
    "teams": Kind(
        path="teams",
        argument="team",
        model=Team,
        save=services.team_save,
        delete=services.team_delete,
        icon="users-group",
        title=gettext_lazy("Teams"),
        new=gettext_lazy("New team"),
        purpose=gettext_lazy("Who may see the team's records sees those of the teams below it, too."),
    ),
    "territories": Kind(
        path="territories",
        argument="territory",
        model=Territory,
        save=services.territory_save,
        delete=services.territory_delete,
        icon="map-pin",
        title=gettext_lazy("Territories"),
        new=gettext_lazy("New territory"),
        purpose=gettext_lazy("A territory groups customers by region or industry, whoever looks after them."),
    ),
}


class TreeConverter:
    """The part of an address that says which tree."""

    regex = "|".join(KINDS)

    def to_python(self, value: str) -> Kind:
        """The kind of that name."""
        return KINDS[value]

    def to_url(self, value: Kind | str) -> str:
        """The name of the kind."""
        return value if isinstance(value, str) else value.path


@require_safe
@administrators_only
def tree_list(request: SignedInRequest, kind: Kind) -> HttpResponse:
    """The whole tree, indented."""
    return render(
        request, "administration/trees.html", {"kind": kind, "branches": selectors.tree(kind.model)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def node_new(request: SignedInRequest, kind: Kind) -> HttpResponse:
    """A new node, perhaps below the one that was named."""
    below = request.GET.get("parent", "")
    form = NodeForm(
        request.POST if request.method == "POST" else None,
        model=kind.model,
        initial={"parent": below if below.isdigit() else ""},
    )
    return _save(request, kind, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def node_edit(request: SignedInRequest, kind: Kind, pk: int) -> HttpResponse:
    """Rename a node or hang it elsewhere."""
    node = get_object_or_404(kind.model, pk=pk)
    form = NodeForm(
        request.POST if request.method == "POST" else None,
        model=kind.model,
        without=kind.model.objects.subtree_ids(pk),
        initial={"name": node.name, "parent": node.parent_id},
    )
    return _save(request, kind, form, node)


@require_POST
@administrators_only
def node_delete(request: SignedInRequest, kind: Kind, pk: int) -> HttpResponse:
    """Delete an empty node."""
    node = get_object_or_404(kind.model, pk=pk)
    try:
        kind.delete(actor=request.actor, **{kind.argument: node})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("administration:node", kind=kind, pk=pk)
    messages.success(request, _("%(name)s is deleted.") % {"name": node.name})
    return redirect("administration:trees", kind=kind)


def _save(request: SignedInRequest, kind: Kind, form: NodeForm, node: Any) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            kind.save(
                actor=request.actor,
                name=form.cleaned_data["name"],
                parent=form.cleaned_data["parent"],
                **{kind.argument: node},
            )
        except ValidationError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": form.cleaned_data["name"]})
            return redirect("administration:trees", kind=kind)
    context: dict[str, Any] = {"kind": kind, "form": form, "node": node}
    if node is not None:
        context["members"] = node.members.filter(is_active=True).order_by("name")[:100]
    return render(request, "administration/node.html", context, status=422 if form.errors else 200)
