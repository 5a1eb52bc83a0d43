"""The company's words for marking records, and which record bears which."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from dangol.records.models.base import Record


class Tone(models.TextChoices):
    PINE = "p", _("Green")
    BLUE = "b", _("Blue")
    GOLD = "g", _("Yellow")
    ORANGE = "o", _("Orange")
    RED = "r", _("Red")


class Tag(Record):
    """One word of the vocabulary, with the colour it is shown in."""

    name = models.CharField(_("Name"), max_length=50, unique=True)
    tone = models.CharField(
        _("Colour"), max_length=1, choices=Tone, blank=True, default="", db_default="", db_collation="C"
    )
    description = models.CharField(_("What it is for"), max_length=200, blank=True, default="", db_default="")

    class Meta(Record.Meta):
        verbose_name = _("Tag")
        verbose_name_plural = _("Tags")

    def __str__(self) -> str:
        return self.name


class TagWord(models.Model):
    """A name that leads to a tag, folded: its own, and those it had before it was renamed or others were joined to it.

    So a filter, a file or a script that says the former name still means the same tag.
    """

    word = models.CharField(primary_key=True, max_length=100, db_collation="C")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="words")

    def __str__(self) -> str:
        return self.word


class TagLink(models.Model):
    """A record bears a tag. The record is named by type and id: every type has tags, also one made at run time."""

    id = models.BigAutoField(primary_key=True)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="links", db_index=False)
    record_type = models.CharField(max_length=40, db_collation="C")
    record_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record_type", "record_id", "tag"], name="records_taglink_once")
        ]
        indexes = [models.Index(fields=["tag", "record_type", "record_id"], name="records_taglink_tag")]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id}"
