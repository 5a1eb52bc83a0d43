"""Teams and territories: two trees of the same shape."""

from __future__ import annotations

from typing import TypeVar

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

NodeT = TypeVar("NodeT", bound="Tree")


class TreeManager(models.Manager[NodeT]):
    def subtree_ids(self, node_id: int) -> frozenset[int]:
        """The node and all that lie below it. One query, whatever the depth; ends even on a cycle."""
        table = connection.ops.quote_name(self.model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH RECURSIVE node AS (SELECT id FROM {table} WHERE id = %s"  # noqa: S608 - its own table
                f" UNION SELECT child.id FROM {table} child JOIN node ON child.parent_id = node.id)"
                " SELECT id FROM node",
                [node_id],
            )
            return frozenset(row[0] for row in cursor.fetchall())


class Tree(models.Model):
    """A named node under at most one parent. Names are unique among brothers and sisters."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("belongs to"),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="%(class)s_name_unique_among_siblings",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="%(class)s_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Team(Tree):
    """A group of colleagues. Who is in a team sees, with scope "team", also the teams below it."""

    objects = TreeManager["Team"]()

    class Meta(Tree.Meta):
        db_table = "identity_team"
        verbose_name = _("team")
        verbose_name_plural = _("teams")


class Territory(Tree):
    """A part of the market that customers belong to (an area, an industry), whoever looks after them."""

    objects = TreeManager["Territory"]()

    class Meta(Tree.Meta):
        db_table = "identity_territory"
        verbose_name = _("territory")
        verbose_name_plural = _("territories")
