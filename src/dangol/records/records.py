"""The kernel's own record types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records.fields import FieldError
from dangol.records.fields.tags import SEPARATORS, folded
from dangol.records.models import RetentionRule, Tag, TagWord
from dangol.records.persons import retention
from dangol.records.registry import register
from dangol.records.search.keys import Words
from dangol.records.tags.services import words_follow
from dangol.records.types import Administered, Draft, RecordType, Section, Vocabulary, WrittenRows


@register
class TagRecord(RecordType):
    """A word of the company's vocabulary. Made while typing by those who may create tags, tended by administrators."""

    name = "tag"
    path = "tags"
    label = _("Tag")
    label_plural = _("Tags")
    icon = "tag"
    order = 95
    model = Tag
    tagged = False
    scope = Vocabulary()
    keys = ("name",)
    list_fields = ("name", "tone", "description", "created_at", "created_by")
    default_sort = ("name",)
    search = (Words("name"),)
    options = {"tone": {"tones": {"p": "p", "b": "b", "g": "g", "o": "o", "r": "r"}}}
    sections = (Section(_("Basics"), ("name", "tone", "description")),)

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """No two tags answer to one name, also not to a former one. One query."""
        named = {draft.index: folded(draft.values["name"]) for draft in rows if draft.values.get("name")}
        holders = dict(TagWord.objects.filter(word__in=named.values()).values_list("word", "tag_id"))
        firsts: dict[str, int] = {}
        for draft in rows:
            word = named.get(draft.index)
            if word is None:
                continue
            if not word or SEPARATORS.search(draft.values["name"]):
                message = _("The name of a tag holds letters or digits, and no comma.")
                yield draft.index, "name", FieldError("tag", message)
            elif (
                holders.get(word, draft.id) != draft.id or firsts.setdefault(word, draft.index) != draft.index
            ):
                message = _(
                    "Another tag has this name, or had it before it was renamed or joined to another."
                )
                yield draft.index, "name", FieldError("unique", message)

    def after_write(self, written: WrittenRows, *, actor: Actor) -> None:
        """Every name leads to its tag, the former ones too."""
        words_follow(written)


@register
class RetentionRuleRecord(RecordType):
    """When whom is erased without anybody asking. Only for those who administer."""

    name = "retention_rule"
    path = "retention-rules"
    label = _("Retention rule")
    label_plural = _("Retention rules")
    icon = "clock"
    order = 96
    model = RetentionRule
    tagged = False
    scope = Administered()
    list_fields = ("name", "record_type", "filter", "months", "is_active", "ran_at", "erased")
    default_sort = ("name",)
    sections = (Section(_("Basics"), ("name", "record_type", "filter", "months", "at_most", "is_active")),)

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """The filter must be one of that kind of records, and say something: nobody erases everybody by leaving it out."""
        return retention.problems(rows, actor)
