"""Saying something about a record, changing it and taking it back."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dangol.events.outbox import announce
from dangol.identity.actors import Actor, may_administer
from dangol.interactions import mentions
from dangol.interactions.events import Commented, Mentioned
from dangol.interactions.following import concerned, follow_others
from dangol.interactions.models import Comment, CommentVersion, Mention
from dangol.records import permissions
from dangol.records.fields.resident import has_resident_number
from dangol.records.fields.text import RESIDENT_NUMBER, RESIDENT_REFUSAL
from dangol.records.types import RecordType
from dangol.records.writing import Missing, RowError

LONGEST = 10_000
_ALLOWED_CONTROL = frozenset("\n\t")


class CommentError(ValueError):
    """What a comment cannot be; `code` is for programs. `unseen` are names of people who may not see the record."""

    def __init__(self, code: str, message: str | Promise, unseen: Collection[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.unseen = list(unseen)


def may_comment(actor: Actor) -> bool:
    """Whoever may write things down may comment on what he sees. No query."""
    return actor.user_id is not None and actor.may("interaction", "create")


def comment_add(
    *,
    actor: Actor,
    record_type: RecordType,
    record_id: int,
    text: str,
    chosen: Collection[int] = (),
    parent_id: int | None = None,
    despite_unseen: bool = False,
) -> Comment:
    """Comment on a record that the actor may see, or answer a comment on it (an answer to an answer stands beside it).

    Args:
        text: plain text; `@name` for the people in `chosen`, or `@[12]`.
        despite_unseen: also where somebody is named who may not see the record.

    Raises:
        Missing: there is no such record or comment for this actor, or he may not comment.
        CommentError: the text is empty or too long, or (`unseen`) somebody named may not see the record.

    About twelve queries, two more for each person named.
    """
    if not may_comment(actor) or not permissions.may(actor, record_type, "view", record_id):
        raise _missing(record_id)
    text, named = mentions.resolved(_tidied(text), chosen)
    unseen = mentions.blind(named, record_type, record_id)
    if unseen and not despite_unseen:
        raise unseen_error(unseen.values())
    with transaction.atomic():
        parent = _parent(record_type, record_id, parent_id)
        comment = Comment.objects.create(
            record_type=record_type.name,
            record_id=record_id,
            parent=parent,
            author_id=actor.user_id,
            body=text,
        )
        told = concerned(record_type, record_id) | (
            {parent.author_id} if parent and parent.author_id else set()
        )
        _name(comment, named, unseen, actor)
        assert actor.user_id is not None
        follow_others(
            users=[actor.user_id],
            record_type=record_type.name,
            record_id=record_id,
            reason="commented",
            actor=actor,
        )
        announce(
            Commented(
                record_type=record_type.name,
                record_id=record_id,
                by=actor.user_id,
                users=sorted(told - {actor.user_id} - named.keys()),
                comment_id=comment.pk,
                parent_id=parent.pk if parent else None,
            ),
            actor=actor,
        )
    return comment


def unseen_error(names: Collection[str]) -> CommentError:
    """What the author is told before anything is written."""
    listed = ", ".join(names)
    message = _("%(names)s may not see this record, and will not hear of it. Send it all the same?")
    return CommentError("unseen", message % {"names": listed}, names)


def comment_edit(
    *,
    actor: Actor,
    record_type: RecordType,
    record_id: int,
    comment_id: int,
    text: str,
    chosen: Collection[int] = (),
    despite_unseen: bool = False,
) -> Comment:
    """Say it otherwise; what it said before is kept. Only people who were not named before are told.

    Raises:
        Missing: it is not there, or not the actor's.
        CommentError: as for a new one.
    """
    if not may_comment(actor) or not permissions.may(actor, record_type, "view", record_id):
        raise _missing(comment_id)
    with transaction.atomic():
        comment = _locked(record_type, record_id, comment_id)
        if comment.author_id != actor.user_id:
            raise _missing(comment_id)
        before = dict(comment.mentions.values_list("user_id", "name"))
        text, named = mentions.resolved(_tidied(text), [*before, *chosen])
        new = {number: name for number, name in named.items() if number not in before}
        unseen = mentions.blind(new, record_type, record_id)
        if unseen and not despite_unseen:
            raise unseen_error(unseen.values())
        if text == comment.body:
            return comment
        CommentVersion.objects.create(comment=comment, body=comment.body, replaced_by_id=actor.user_id)
        comment.body, comment.edited_at = text, timezone.now()
        comment.save(update_fields=["body", "edited_at"])
        comment.mentions.exclude(user__in=list(named)).delete()
        _name(comment, new, unseen, actor)
    return comment


def comment_delete(*, actor: Actor, record_type: RecordType, record_id: int, comment_id: int) -> None:
    """Take a comment back: the actor's own, or as an administrator anybody's. Its text is kept as the trace.

    Raises:
        Missing: it is not there, or not the actor's to delete.
    """
    if not permissions.may(actor, record_type, "view", record_id):
        raise _missing(comment_id)
    with transaction.atomic():
        comment = _locked(record_type, record_id, comment_id)
        own = actor.user_id is not None and comment.author_id == actor.user_id and may_comment(actor)
        if not own and not may_administer(actor):
            raise _missing(comment_id)
        CommentVersion.objects.create(comment=comment, body=comment.body, replaced_by_id=actor.user_id)
        comment.body, comment.deleted_at = "", timezone.now()
        comment.save(update_fields=["body", "deleted_at"])
        comment.mentions.all().delete()


def mention_in_record(
    *,
    actor: Actor,
    record_type: RecordType,
    record_id: int,
    named: dict[int, str],
) -> None:
    """Keep whom the text of a record such as a note names, have those who may see it follow it, and tell them.

    In the caller's transaction. Two queries for each person, and five.
    """
    if not named:
        return
    unseen = mentions.blind(named, record_type, record_id)
    Mention.objects.bulk_create(
        [
            Mention(record_type=record_type.name, record_id=record_id, user_id=number, name=name)
            for number, name in named.items()
        ],
        ignore_conflicts=True,
    )
    _tell(record_type.name, record_id, [number for number in named if number not in unseen], None, actor)


def _name(comment: Comment, named: dict[int, str], unseen: Collection[int], actor: Actor) -> None:
    Mention.objects.bulk_create(
        [
            Mention(
                record_type=comment.record_type,
                record_id=comment.record_id,
                comment=comment,
                user_id=number,
                name=name,
            )
            for number, name in named.items()
        ],
        ignore_conflicts=True,
    )
    seeing = [number for number in named if number not in unseen]
    _tell(comment.record_type, comment.record_id, seeing, comment.pk, actor)


def _tell(
    record_type: str, record_id: int, users: Collection[int], comment_id: int | None, actor: Actor
) -> None:
    others = sorted(set(users) - {actor.user_id})
    if not others:
        return
    follow_others(users=others, record_type=record_type, record_id=record_id, reason="mentioned", actor=actor)
    announce(
        Mentioned(
            record_type=record_type,
            record_id=record_id,
            by=actor.user_id,
            users=others,
            comment_id=comment_id,
        ),
        actor=actor,
    )


def _tidied(text: str) -> str:
    tidy = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    tidy = "".join(
        char
        for char in tidy
        if char in _ALLOWED_CONTROL or (unicodedata.category(char) not in ("Cc", "Cs") and char not in _BIDI)
    ).strip()
    if not tidy:
        raise CommentError("required", _("Write something."))
    if len(tidy) > LONGEST:
        message = _("The text is %(length)s characters long; at most %(limit)s fit.")
        raise CommentError("too_long", message % {"length": len(tidy), "limit": LONGEST})
    if has_resident_number(tidy):
        raise CommentError(RESIDENT_NUMBER, RESIDENT_REFUSAL)
    return tidy


_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _parent(record_type: RecordType, record_id: int, parent_id: int | None) -> Comment | None:
    if parent_id is None:
        return None
    rows = Comment.objects.filter(record_type=record_type.name, record_id=record_id, deleted_at=None)
    parent = rows.filter(pk=parent_id).select_related("parent").first()
    if parent is None:
        raise _missing(parent_id)
    return parent.parent or parent


def _locked(record_type: RecordType, record_id: int, comment_id: int) -> Comment:
    rows = Comment.objects.select_for_update().filter(
        pk=comment_id, record_type=record_type.name, record_id=record_id, deleted_at=None
    )
    comment = rows.first()
    if comment is None:
        raise _missing(comment_id)
    return comment


def _missing(number: int) -> Missing:
    return Missing([RowError(0, "id", number, "missing", _("There is no such record."))])
