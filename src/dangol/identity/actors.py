"""The actor: who does something, and how far that person's (or job's) rights go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from django.db import connection

from dangol.identity import revisions
from dangol.identity.models.roles import EVERY_TYPE, Action, Scope

if TYPE_CHECKING:
    from dangol.identity.models import Token, User

NOTHING: Final[frozenset[str]] = frozenset()
EVERYTHING: Final[frozenset[str]] = frozenset({Scope.ALL.value})
NO_GRANTS: Final[Mapping[tuple[str, str], frozenset[str]]] = MappingProxyType({})


@dataclass(frozen=True)
class Actor:
    """Whoever acts, with all that a permission check needs, so that checks cost no query.

    ``grants`` maps (record type, action) to scopes; the record type ``*`` stands for every type.
    ``team_ids`` and ``territory_ids`` hold the actor's own node and all below it.
    """

    user_id: int | None
    name: str
    language: str = "ko"
    time_zone: str = "Asia/Seoul"
    theme: str = "auto"
    is_administrator: bool = False
    team_id: int | None = None
    team_ids: frozenset[int] = frozenset()
    territory_id: int | None = None
    territory_ids: frozenset[int] = frozenset()
    grants: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=lambda: NO_GRANTS, hash=False)
    request_id: str = ""

    def scopes(self, record_type: str, action: str) -> frozenset[str]:
        """The scopes in which the actor may do this; empty when not at all."""
        if self.is_administrator:
            return EVERYTHING
        return self.grants.get((record_type, action), NOTHING) | self.grants.get(
            (EVERY_TYPE, action), NOTHING
        )

    def may(self, record_type: str, action: str) -> bool:
        """May the actor do this to any record of the type at all."""
        return bool(self.scopes(record_type, action))

    @classmethod
    def system(cls, reason: str, *, request_id: str = "") -> Actor:
        """The actor of background work: no user, every right. ``reason`` is the name that history shows."""
        return cls(user_id=None, name=reason, is_administrator=True, request_id=request_id)


_REACH = """
WITH RECURSIVE
    team AS (
        SELECT id FROM identity_team WHERE id = %(team)s
        UNION SELECT child.id FROM identity_team child JOIN team ON child.parent_id = team.id
    ),
    territory AS (
        SELECT id FROM identity_territory WHERE id = %(territory)s
        UNION SELECT child.id FROM identity_territory child JOIN territory ON child.parent_id = territory.id
    )
SELECT 'team', id, '', '', '' FROM team
UNION ALL SELECT 'territory', id, '', '', '' FROM territory
UNION ALL SELECT DISTINCT 'grant', 0, record_type, action, scope
    FROM identity_grant JOIN identity_user_roles USING (role_id)
    WHERE user_id = %(user)s
UNION ALL SELECT 'revision', number, name, '', '' FROM identity_revision
"""


def actor_for(user: User, *, request_id: str = "", token: Token | None = None) -> Actor:
    """The actor for a user as the database has it now. One query, which also tells of changed settings (`revisions`).

    Args:
        user: who acts.
        request_id: the request this happens in; history and logs carry it.
        token: the API token the user came with; one that names actions takes all others away, also from
            an administrator.
    """
    team_ids: set[int] = set()
    territory_ids: set[int] = set()
    grants: dict[tuple[str, str], set[str]] = {}
    editions: list[tuple[str, int]] = []
    with connection.cursor() as cursor:
        cursor.execute(_REACH, {"team": user.team_id, "territory": user.territory_id, "user": user.pk})
        for kind, node, record_type, action, scope in cursor.fetchall():
            if kind == "team":
                team_ids.add(node)
            elif kind == "territory":
                territory_ids.add(node)
            elif kind == "revision":
                editions.append((record_type, node))
            else:
                grants.setdefault((record_type, action), set()).add(scope)
    revisions.told(editions)
    is_administrator = user.is_administrator
    if token is not None and token.actions is not None:
        allowed = frozenset(token.actions)
        if is_administrator:
            is_administrator = False
            grants = {(EVERY_TYPE, action): {Scope.ALL.value} for action in allowed}
        else:
            grants = {key: scopes for key, scopes in grants.items() if key[1] in allowed}
    return Actor(
        user_id=user.pk,
        name=user.name,
        language=user.language,
        time_zone=user.time_zone,
        theme=user.theme,
        is_administrator=is_administrator,
        team_id=user.team_id,
        team_ids=frozenset(team_ids),
        territory_id=user.territory_id,
        territory_ids=frozenset(territory_ids),
        grants=MappingProxyType({key: frozenset(scopes) for key, scopes in grants.items()}),
        request_id=request_id,
    )


def may_administer(actor: Actor | None) -> bool:
    """May this actor change users, roles, teams and the settings of the company."""
    return actor is not None and actor.may(EVERY_TYPE, Action.ADMINISTER.value)
