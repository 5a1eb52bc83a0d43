"""What records can be found by: a dictionary of names and words, and identifiers that hardly two records share.

A name is stored once however many records carry it: a million people share some three hundred thousand names. Searching
the small dictionary and walking from it to the records by btree is what keeps search fast. Numbers and addresses would
only make the dictionary large; they lead to their record directly. See `records/search`.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q


class TokenKind(models.IntegerChoices):
    """What a token is a piece of; the numbers are stored. Names and words stand in the dictionary."""

    NAME = 1
    WORD = 2
    MAIL = 3
    PHONE = 4
    NUMBER = 5
    CODE = 6


class SearchToken(models.Model):
    """One distinct name, or word of running text.

    `token` is the form that is compared: Hangul as keystrokes and Latin letters as capitals, each syllable and word behind
    a blank (`text.key`), pure ASCII, so that trigrams work under every locale of the server. `other` is a second way in by
    prefix: the initials of a name.
    """

    kind = models.SmallIntegerField(choices=TokenKind.choices)
    token = models.TextField(db_collation="C")
    other = models.TextField(db_collation="C", default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "token"], name="search_token_unique")]
        indexes = [
            models.Index(fields=["kind", "other"], name="search_token_other", condition=~Q(other="")),
            GinIndex(OpClass(F("token"), name="gin_trgm_ops"), name="search_token_trigrams"),
        ]


class SearchIdentifier(models.Model):
    """A number or address of one record.

    `token` is found whole or by its beginning, `other` by its beginning: reversed digits, so that 5678 finds the phone
    number that ends in it, or the domain of a mail address.

    The key stands here because Django wants one; the database does not keep it, since its index would be the largest of all
    and a third of the cost of a new record. A line that two writers of the same moment both put in finds nothing twice.
    """

    pk = models.CompositePrimaryKey("record_type", "record_id", "kind", "token")
    record_type = models.IntegerField()
    record_id = models.BigIntegerField()
    kind = models.SmallIntegerField(choices=TokenKind.choices)
    token = models.TextField(db_collation="C")
    other = models.TextField(db_collation="C", default="")
    weight = models.SmallIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["record_id", "record_type"], name="search_identifier_record"),
            models.Index(fields=["kind", "token"], name="search_identifier_token"),
            models.Index(fields=["kind", "other"], name="search_identifier_other", condition=~Q(other="")),
        ]


class SearchEntry(models.Model):
    """This record has that name or word.

    No foreign keys: records of every type stand here, and a wrong entry is harmless, since what is found is checked
    against the permissions of the one who asks.
    """

    pk = models.CompositePrimaryKey("token_id", "record_type", "record_id")
    token_id = models.BigIntegerField()
    record_type = models.IntegerField()
    record_id = models.BigIntegerField()
    kind = models.SmallIntegerField()
    weight = models.SmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["record_type", "record_id", "kind"], name="search_entry_record")]


class SearchScope(models.Model):
    """Whose a record is, copied beside the entries so that a search under a scope need not visit the tables.

    For speed only. One row per record of a type that has owners; records of open types have none.
    """

    pk = models.CompositePrimaryKey("record_type", "record_id")
    record_type = models.IntegerField()
    record_id = models.BigIntegerField()
    owner_id = models.BigIntegerField(null=True)
    team_id = models.BigIntegerField(null=True)
    territory_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=[column, "record_type", "record_id"],
                name=f"search_scope_{column.removesuffix('_id')}",
                condition=Q(**{f"{column}__isnull": False}),
            )
            for column in ("owner_id", "team_id", "territory_id")
        ]
