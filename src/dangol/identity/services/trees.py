"""Teams and territories: the two trees."""

from __future__ import annotations

from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import ForeignObjectRel
from django.utils.translation import gettext as _

from dangol.identity import policies
from dangol.identity.actors import Actor
from dangol.identity.models import Team, Territory
from dangol.identity.services import audit

NodeT = TypeVar("NodeT", Team, Territory)


def team_save(*, actor: Actor, name: str, parent: Team | None = None, team: Team | None = None) -> Team:
    """Make a team, or give an existing one this name and place.

    Raises:
        PermissionDenied: the actor may not administer.
        ValidationError: the name is taken beside it, or the team would stand below itself.
    """
    return _save(Team, actor=actor, name=name, parent=parent, node=team)


def team_move(*, team: Team, parent: Team | None, actor: Actor) -> Team:
    """Hang a team with all below it under another one, or (None) at the top. Raises as ``team_save``."""
    return _save(Team, actor=actor, name=team.name, parent=parent, node=team)


def team_delete(*, team: Team, actor: Actor) -> None:
    """Delete a team that nobody and nothing belongs to.

    Raises:
        PermissionDenied: the actor may not administer.
        ValidationError: people, teams or records still belong to it.
    """
    _delete(team, actor=actor)


def territory_save(
    *, actor: Actor, name: str, parent: Territory | None = None, territory: Territory | None = None
) -> Territory:
    """Make a territory, or give an existing one this name and place. Raises as ``team_save``."""
    return _save(Territory, actor=actor, name=name, parent=parent, node=territory)


def territory_move(*, territory: Territory, parent: Territory | None, actor: Actor) -> Territory:
    """Hang a territory with all below it elsewhere. Raises as ``team_save``."""
    return _save(Territory, actor=actor, name=territory.name, parent=parent, node=territory)


def territory_delete(*, territory: Territory, actor: Actor) -> None:
    """Delete a territory that nothing belongs to. Raises as ``team_delete``."""
    _delete(territory, actor=actor)


def _save(model: type[NodeT], *, actor: Actor, name: str, parent: NodeT | None, node: NodeT | None) -> NodeT:
    policies.require(policies.can_administer(actor), f"{model._meta.model_name}_save")
    with transaction.atomic():
        _lock_tree(model)
        before: dict[str, object] = {}
        if node is None:
            node = model()
        else:
            node = model.objects.select_related("parent").get(pk=node.pk)
            before = _facts(node)
            if parent is not None and parent.pk in model.objects.subtree_ids(node.pk):
                raise ValidationError(
                    {
                        "parent": ValidationError(
                            _("“%(parent)s” lies below “%(node)s” itself; choose another place."),
                            code="cycle",
                            params={"parent": parent.name, "node": node.name},
                        )
                    }
                )
        is_new = node.pk is None
        node.name, node.parent = name.strip(), parent
        node.full_clean(validate_constraints=False)
        twins = model.objects.filter(parent=parent, name=node.name).exclude(pk=node.pk)
        if twins.exists():
            raise ValidationError(
                {
                    "name": ValidationError(
                        _("There is already one of that name in this place."), code="unique"
                    )
                }
            )
        node.save()
        difference = audit.differences(before, _facts(node))
        if difference:
            audit.record(actor=actor, act="created" if is_new else "updated", target=node, changes=difference)
    return node


def _delete(node: Team | Territory, *, actor: Actor) -> None:
    policies.require(policies.can_administer(actor), f"{node._meta.model_name}_delete")
    with transaction.atomic():
        _lock_tree(type(node))
        # Asked one by one: Django's own check for protected rows would read every one of them.
        # The relations of records have no name here, so Django counts them as hidden.
        for relation in node._meta.get_fields(include_hidden=True):
            if not isinstance(relation, ForeignObjectRel) or relation.many_to_many:
                continue
            belongs = {relation.field.name: node.pk}
            if relation.related_model._base_manager.filter(**belongs).exists():
                raise ValidationError(
                    _(
                        "“%(name)s” is still in use: people, parts below it or records belong to it. Move them first."
                    ),
                    code="in_use",
                    params={"name": node.name},
                )
        audit.record(actor=actor, act="deleted", target=node)
        node.delete()


def _lock_tree(model: type[Team | Territory]) -> None:
    # Two moves at the same time, each fine by itself, could close a circle together. Readers go on.
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")


def _facts(node: Team | Territory) -> dict[str, object]:
    return {"name": node.name, "parent": node.parent.name if node.parent else None}
