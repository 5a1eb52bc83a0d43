"""Reads comments. That the actor may see the record, the caller has checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from dangol.identity.actors import Actor, may_administer
from dangol.interactions import mentions
from dangol.interactions.models import Comment, CommentVersion, Follow, Mention, Notification, Presence
from dangol.records.objects.removing import delete_some
from dangol.records.types import RecordType

PAGE = 50


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as it is read, with its answers."""

    id: int
    author_id: int | None
    author: str
    at: datetime
    text: str
    html: SafeString
    edited_at: datetime | None
    deleted: bool
    mine: bool
    may_delete: bool
    named: dict[int, str] = field(default_factory=dict)
    answers: list[Said] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The comment as the API gives it."""
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "author": {"id": self.author_id, "name": self.author} if self.author_id else None,
            "text": self.text,
            "edited_at": self.edited_at.isoformat() if self.edited_at else None,
            "deleted": self.deleted,
            "mentions": [{"id": number, "name": name} for number, name in self.named.items()],
            "answers": [answer.to_json() for answer in self.answers],
        }


def comments_of(record_type: RecordType, record_id: int) -> QuerySet[Comment]:
    """The comments of a record. Lazy."""
    return Comment.objects.filter(record_type=record_type.name, record_id=record_id)


def thread(
    *,
    actor: Actor,
    record_type: RecordType,
    record_id: int,
    before: int | None = None,
    limit: int = PAGE,
) -> tuple[list[Said], int | None]:
    """Comments with their answers, the oldest first, of the newest page; and the id before which earlier ones stand.

    Three queries.
    """
    own = comments_of(record_type, record_id)
    heads = own.filter(parent=None)
    if before is not None:
        heads = heads.filter(pk__lt=before)
    found = list(heads.select_related("author").order_by("-id")[: limit + 1])
    earlier = found[limit - 1].pk if len(found) > limit else None
    found = found[:limit][::-1]
    answers = list(
        own.filter(parent__in=[comment.pk for comment in found]).select_related("author").order_by("id")
    )
    named: dict[int, dict[int, str]] = {}
    rows = Mention.objects.filter(comment__in=[comment.pk for comment in (*found, *answers)])
    for comment_id, user_id, name in rows.values_list("comment_id", "user_id", "name"):
        named.setdefault(comment_id, {})[user_id] = name
    under: dict[int, list[Said]] = {}
    for answer in answers:
        if answer.deleted_at is None:
            said = _said(answer, actor, named.get(answer.pk, {}), [])
            under.setdefault(answer.parent_id or 0, []).append(said)
    heads_said = [
        _said(comment, actor, named.get(comment.pk, {}), under.get(comment.pk, [])) for comment in found
    ]
    return [said for said in heads_said if not said.deleted or said.answers], earlier


def _said(comment: Comment, actor: Actor, named: dict[int, str], answers: list[Said]) -> Said:
    deleted = comment.deleted_at is not None
    mine = actor.user_id is not None and comment.author_id == actor.user_id
    text = "" if deleted else comment.body
    return Said(
        id=comment.pk,
        author_id=None if deleted else comment.author_id,
        author=comment.author.name if comment.author and not deleted else "",
        at=comment.created_at,
        text=text,
        html=mentions.shown(text, named),
        edited_at=comment.edited_at,
        deleted=deleted,
        mine=mine and not deleted,
        may_delete=not deleted and (mine or may_administer(actor)),
        named={} if deleted else named,
        answers=answers,
    )


def remove(record_type: RecordType, ids: Sequence[int]) -> None:
    """Comments, mentions and followers of records that go for good. Five statements."""
    for model in (Mention, Comment, Follow):
        model._default_manager.filter(record_type=record_type.name, record_id__in=list(ids)).delete()


def forget_type(name: str, most: int) -> int:
    """Take away up to so many of what was said, of those named in it, following or told, for a type of records that is gone.

    Answers go before what they answer, so that a batch may end anywhere. One statement for each kind there is, until one
    finds any.
    """
    of_type = "record_type = %s"
    its = "comment_id IN (SELECT id FROM interactions_comment WHERE record_type = %s)"
    for table, condition in (
        (Mention._meta.db_table, of_type),
        (CommentVersion._meta.db_table, its),
        (Comment._meta.db_table, f"{of_type} AND parent_id IS NOT NULL"),
        (Comment._meta.db_table, of_type),
        (Follow._meta.db_table, of_type),
        (Presence._meta.db_table, of_type),
        (Notification._meta.db_table, "target_type = %s"),
    ):
        if gone := delete_some(table, condition, [name], most):
            return gone
    return 0
