"""Comments, mentions and followers. A record is named by type and id: every type has them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Comment(models.Model):
    """What a colleague said about a record, or in answer to another comment (one level). Plain text.

    A deleted comment with answers stays as an empty place.
    """

    id = models.BigAutoField(primary_key=True)
    record_type = models.CharField(max_length=40, db_collation="C")
    record_id = models.BigIntegerField()
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="answers", db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["record_type", "record_id", "id"], name="interactions_comment_record"),
            models.Index(
                fields=["parent"], condition=Q(parent__isnull=False), name="interactions_comment_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.body[:60]


class CommentVersion(models.Model):
    """What a comment said before it was edited or deleted: the trace."""

    id = models.BigAutoField(primary_key=True)
    comment = models.ForeignKey(Comment, models.CASCADE, related_name="versions")
    body = models.TextField()
    replaced_at = models.DateTimeField(db_default=Now())
    replaced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    def __str__(self) -> str:
        return self.body[:60]


class Mention(models.Model):
    """A person named in a comment, or in the text of a record such as a note. `name` is how the text calls the person."""

    id = models.BigAutoField(primary_key=True)
    record_type = models.CharField(max_length=40, db_collation="C")
    record_id = models.BigIntegerField()
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, related_name="mentions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "record_id", "comment", "user"],
                nulls_distinct=False,
                name="interactions_mention_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["comment"], condition=Q(comment__isnull=False), name="interactions_mention_comment"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Follow(models.Model):
    """Somebody wants to hear of a record – or, with `off`, not any more, whatever happens there."""

    id = models.BigAutoField(primary_key=True)
    record_type = models.CharField(max_length=40, db_collation="C")
    record_id = models.BigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    reason = models.CharField(max_length=10, db_collation="C")
    off = models.BooleanField(default=False, db_default=False)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "record_id", "user"], name="interactions_follow_once"
            )
        ]
        indexes = [models.Index(fields=["user", "-id"], name="interactions_follow_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.record_type} {self.record_id}"


class FollowChoice(models.Model):
    """When somebody comes to follow a record without pressing the button; without a row, at all of it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    when_mentioned = models.BooleanField(_("When I am mentioned"), default=True)
    when_assigned = models.BooleanField(_("When it is given to me"), default=True)
    when_commenting = models.BooleanField(_("When I comment on it"), default=True)

    def __str__(self) -> str:
        return str(self.user_id)
