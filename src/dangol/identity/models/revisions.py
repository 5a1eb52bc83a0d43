"""Which edition there is of what every process keeps in memory."""

from django.db import models


class Revision(models.Model):
    """The edition of one kind of settings that processes keep in memory, such as the definitions of own fields.

    `number` is the moment of the last change in microseconds, so that it never comes twice, not even after a rollback.
    """

    name = models.CharField(max_length=40, primary_key=True, db_collation="C")
    number = models.BigIntegerField()

    class Meta:
        db_table = "identity_revision"

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
