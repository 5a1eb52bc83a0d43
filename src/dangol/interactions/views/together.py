"""What colleagues do together on a record: comments, files, who follows."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dangol.identity.actors import Actor
from dangol.interactions import comments, following, mentions
from dangol.interactions.comments.acts import may_comment
from dangol.interactions.models import Follow
from dangol.records import permissions, registry
from dangol.records.attachments.views import card
from dangol.records.fields import id_in
from dangol.records.looks import taking as looks
from dangol.records.titles import titles
from dangol.records.types import RecordType
from dangol.records.writing import Missing

FOLLOWED_SHOWN = 200


def seen(request: HttpRequest, name: str, record_id: int) -> tuple[Actor, RecordType]:
    """The actor and the type, if the record is there for him; else 404. One query, whatever hangs on the record."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    record_type = registry.find(name)
    if record_type is None or record_id >= 2**63:
        raise Http404
    if not permissions.may(actor, record_type, "view", record_id):
        raise Http404
    looks.note("view", record_type, [record_id])
    return actor, record_type


@require_GET
def together(request: HttpRequest, record_type: str, record_id: int) -> HttpResponse:
    """Comments, files and followers of a record, as a page or as the cards that its page loads."""
    actor, found = seen(request, record_type, record_id)
    context = {
        **card(actor, found, record_id),
        **_follow_context(actor, found, record_id),
        "said": comments_context(actor, found, record_id),
    }
    part = getattr(request, "htmx", False)
    return render(request, f"interactions/together{'' if part else '_page'}.html", context)


def comments_context(
    actor: Actor,
    record_type: RecordType,
    record_id: int,
    *,
    before: int | None = None,
    error: comments.CommentError | None = None,
    text: str = "",
    chosen: str = "",
    parent: int | None = None,
) -> dict[str, Any]:
    """What the comments' template needs. Three queries."""
    heads, earlier = comments.thread(actor=actor, record_type=record_type, record_id=record_id, before=before)
    return {
        "record_type": record_type,
        "record_id": record_id,
        "heads": heads,
        "earlier": earlier,
        "may_comment": may_comment(actor),
        "error": error.message if error else "",
        "unseen": bool(error and error.unseen),
        "text": text,
        "chosen": chosen,
        "parent": parent,
    }


@require_http_methods(["GET", "POST"])
def comments_on(request: HttpRequest, record_type: str, record_id: int) -> HttpResponse:
    """GET: the comments. POST: one more; 422 with what was written where something is to be mended or confirmed."""
    actor, found = seen(request, record_type, record_id)
    if request.method == "GET":
        context = comments_context(actor, found, record_id, before=id_in(request.GET.get("before", "")))
        return _comments(request, context)
    text, chosen = request.POST.get("text", ""), request.POST.get("mentions", "")
    parent = id_in(request.POST.get("parent", ""))
    try:
        comments.comment_add(
            actor=actor,
            record_type=found,
            record_id=record_id,
            text=text,
            chosen=mentions.ids_in(chosen.split(",")),
            parent_id=parent,
            despite_unseen="despite" in request.POST,
        )
    except Missing:
        raise Http404 from None
    except comments.CommentError as problem:
        context = comments_context(
            actor, found, record_id, error=problem, text=text, chosen=chosen, parent=parent
        )
        return _comments(request, context, status=422)
    return _comments(request, comments_context(actor, found, record_id))


def _comments(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    if getattr(request, "htmx", False):
        return render(request, "interactions/comments.html", {"said": context}, status=status)
    if request.method == "POST" and status == 200:
        return redirect("interactions:together", context["record_type"].name, context["record_id"])
    shown = {"said": context, "record_type": context["record_type"], "record_id": context["record_id"]}
    return render(request, "interactions/comments_page.html", shown, status=status)


@require_http_methods(["GET", "POST"])
def comment_edit(request: HttpRequest, record_type: str, record_id: int, comment_id: int) -> HttpResponse:
    """GET: the form; POST: say it otherwise."""
    actor, found = seen(request, record_type, record_id)
    rows = comments.comments_of(found, record_id)
    comment = rows.filter(pk=comment_id, author=actor.user_id, deleted_at=None).first()
    if comment is None or not may_comment(actor):
        raise Http404
    text, chosen, error = comment.body, "", None
    if request.method == "POST":
        text, chosen = request.POST.get("text", ""), request.POST.get("mentions", "")
        try:
            comments.comment_edit(
                actor=actor,
                record_type=found,
                record_id=record_id,
                comment_id=comment_id,
                text=text,
                chosen=mentions.ids_in(chosen.split(",")),
                despite_unseen="despite" in request.POST,
            )
        except Missing:
            raise Http404 from None
        except comments.CommentError as problem:
            error = problem
        else:
            return _comments(request, comments_context(actor, found, record_id))
    context = {
        "record_type": found,
        "record_id": record_id,
        "comment_id": comment_id,
        "text": text,
        "chosen": chosen,
        "error": error.message if error else "",
        "unseen": bool(error and error.unseen),
    }
    template = "comment_form" if getattr(request, "htmx", False) else "comment_page"
    return render(request, f"interactions/{template}.html", context, status=422 if error else 200)


@require_POST
def comment_delete(request: HttpRequest, record_type: str, record_id: int, comment_id: int) -> HttpResponse:
    """Take a comment back."""
    actor, found = seen(request, record_type, record_id)
    try:
        comments.comment_delete(actor=actor, record_type=found, record_id=record_id, comment_id=comment_id)
    except Missing:
        raise Http404 from None
    return _comments(request, comments_context(actor, found, record_id))


def _follow_context(actor: Actor, record_type: RecordType, record_id: int) -> dict[str, Any]:
    people = following.followers(record_type.name, record_id)
    return {
        "record_type": record_type,
        "record_id": record_id,
        "followers": people,
        "follows": any(person.id == actor.user_id for person in people),
    }


@require_POST
def follow(request: HttpRequest, record_type: str, record_id: int) -> HttpResponse:
    """Follow (`on=1`) or not any more (`on=0`)."""
    actor, found = seen(request, record_type, record_id)
    act = following.follow if request.POST.get("on") == "1" else following.unfollow
    act(actor=actor, record_type=found, record_id=record_id)
    if not getattr(request, "htmx", False):
        return redirect("records:detail", found, record_id)
    return render(request, "interactions/followers.html", _follow_context(actor, found, record_id))


@require_http_methods(["GET", "POST"])
def followed(request: HttpRequest) -> HttpResponse:
    """The records this person follows, as far as they may still be seen, and when he comes to follow by itself."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if request.method == "POST":
        following.follow_choice_save(
            actor=actor,
            when_mentioned="when_mentioned" in request.POST,
            when_assigned="when_assigned" in request.POST,
            when_commenting="when_commenting" in request.POST,
        )
        messages.success(request, _("Saved."))
        return redirect("interactions:followed")
    rows = Follow.objects.filter(user=actor.user_id, off=False).order_by("-id")
    ids: dict[str, list[int]] = {}
    for name, record_id in rows.values_list("record_type", "record_id")[:FOLLOWED_SHOWN]:
        ids.setdefault(name, []).append(record_id)
    groups = []
    for name, numbers in ids.items():
        record_type = registry.find(name)
        if record_type is None:
            continue
        known = titles(actor, record_type, numbers)
        shown = [(number, known[number].title) for number in numbers if number in known]
        if shown:
            groups.append((record_type, shown))
    choice = following.follow_choice(actor.user_id or 0)
    fields = [
        ("when_mentioned", _("When I am mentioned"), choice.when_mentioned),
        ("when_assigned", _("When it is given to me"), choice.when_assigned),
        ("when_commenting", _("When I comment on it"), choice.when_commenting),
    ]
    return render(request, "interactions/followed.html", {"groups": groups, "fields": fields})


@require_GET
def people_offer(request: HttpRequest) -> HttpResponse:
    """Colleagues for the text behind an @, with a word on those who may not see the record."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    record_type = registry.find(request.GET.get("type", ""))
    number = id_in(request.GET.get("id", ""))
    if record_type is None or number is None or not permissions.may(actor, record_type, "view", number):
        raise Http404
    text = request.GET.get("q", "").replace("\0", "")[:50]
    people = mentions.people_offered(text, record_type=record_type, record_id=number, besides=actor.user_id)
    return render(request, "interactions/people_offer.html", {"people": people})


@require_GET
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    """A colleague: what everybody in the company may know, and the lists of what that person answers for."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if user_id >= 2**63:
        raise Http404
    user = get_user_model()._default_manager.select_related("team").filter(pk=user_id).first()
    if user is None:
        raise Http404
    types = [
        record_type
        for record_type in registry.all_types()
        if record_type.table.has_scope
        and record_type.department
        and permissions.allowed(actor, record_type, "view")
    ]
    return render(request, "interactions/person.html", {"person": user, "types": types})
