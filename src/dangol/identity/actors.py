"""The actor: who does something, and how far that person's (or job's) rights go."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from django.db import connection

from dangol.identity import revisions
from dangol.identity.models.roles import EVERY_TYPE, PERMISSIVENESS, Action, Scope
from dangol.identity.scopes import scoped

if TYPE_CHECKING:
    from dangol.identity.models import Token, User

NOTHING: Final[frozenset[str]] = frozenset()
EVERYTHING: Final[frozenset[str]] = frozenset({Scope.ALL.value})
NO_RULES: Final[Mapping[tuple[str, str], str]] = MappingProxyType({})
NO_GRANTS: Final[Mapping[tuple[str, str], frozenset[str]]] = MappingProxyType({})


@dataclass(frozen=True)
class Actor:
    """Whoever acts, with all that a permission check needs, so that checks cost no query.

    ``grants`` maps (record type, action) to scopes; the record type ``*`` stands for every type.
    ``field_rules`` maps (record type, field) to the rule that holds for it: ``hidden``, ``masked`` or ``read_only``.
    ``team_ids`` and ``territory_ids`` hold the actor's own node and all below it, ``role_ids`` the actor's roles.
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
    role_ids: frozenset[int] = frozenset()
    field_rules: Mapping[tuple[str, str], str] = field(default_factory=lambda: NO_RULES, hash=False)
    request_id: str = ""
    seen_by: int | None = None
    """The administrator who looks through this user's eyes, where one does."""
    through: str = ""
    """The app that acts for this user, where one does."""

    def field_rule(self, record_type: str, name: str) -> str:
        """What a role says of a field: ``hidden``, ``masked``, ``read_only``, or nothing."""
        return "" if self.is_administrator else self.field_rules.get((record_type, name), "")

    def scopes(self, record_type: str, action: str) -> frozenset[str]:
        """The scopes in which the actor may do this; empty when not at all."""
        if self.is_administrator:
            return EVERYTHING
        return self.grants.get((record_type, action), NOTHING) | self.grants.get(
            (EVERY_TYPE, action), NOTHING
        )

    def rights(self) -> Hashable:
        """All that decides what the actor may see: equal for two actors of whom the same statements can be written."""
        return (
            self.user_id, self.is_administrator, self.team_id, self.team_ids, self.territory_id, self.territory_ids,
            self.role_ids, frozenset(self.grants.items()), frozenset(self.field_rules.items()),
        )  # fmt: skip

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
UNION ALL SELECT 'grant', role_id, record_type, action, scope
    FROM identity_grant JOIN identity_user_roles USING (role_id)
    WHERE user_id = %(user)s
UNION ALL SELECT 'role', role_id, '', '', '' FROM identity_user_roles WHERE user_id = %(user)s
UNION ALL SELECT 'revision', number, name, '', '' FROM identity_revision
UNION ALL SELECT 'rule', role_id, record_type, field, rule
    FROM identity_field_rule JOIN identity_user_roles USING (role_id)
    WHERE user_id = %(user)s
"""


def actor_for(user: User, *, request_id: str = "", token: Token | None = None) -> Actor:
    """The actor for a user as the database has it now. One query, which also tells of changed settings (`revisions`).

    Args:
        user: who acts.
        request_id: the request this happens in; history and logs carry it.
        token: the API token the user came with; one that names actions or scopes takes all others away, also from
            an administrator.
    """
    team_ids: set[int] = set()
    territory_ids: set[int] = set()
    grants: dict[tuple[str, str], set[str]] = {}
    role_ids: set[int] = set()
    editions: list[tuple[str, int]] = []
    viewers: dict[str, set[int]] = {}
    rules: dict[tuple[str, str], dict[int, str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_REACH, {"team": user.team_id, "territory": user.territory_id, "user": user.pk})
        for kind, node, record_type, action, scope in cursor.fetchall():
            if kind == "team":
                team_ids.add(node)
            elif kind == "territory":
                territory_ids.add(node)
            elif kind == "role":
                role_ids.add(node)
            elif kind == "revision":
                editions.append((record_type, node))
            elif kind == "rule":
                rules.setdefault((record_type, action), {})[node] = scope
            else:
                grants.setdefault((record_type, action), set()).add(scope)
                if action == Action.VIEW.value:
                    viewers.setdefault(record_type, set()).add(node)
    revisions.told(editions)
    is_administrator = user.is_administrator
    if token is not None and token.actions is not None:
        allowed = frozenset(token.actions)
        if is_administrator:
            is_administrator = False
            grants = {(EVERY_TYPE, action): {Scope.ALL.value} for action in allowed}
        else:
            grants = {key: scopes for key, scopes in grants.items() if key[1] in allowed}
    if token is not None and token.scopes is not None:
        is_administrator, grants = scoped(is_administrator, grants, token.scopes)
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
        role_ids=frozenset(role_ids),
        field_rules=_effective(rules, viewers) if rules else NO_RULES,
        request_id=request_id,
        through=token.name if token is not None and token.app_id else "",
    )


def _effective(
    rules: Mapping[tuple[str, str], Mapping[int, str]], viewers: Mapping[str, set[int]]
) -> Mapping[tuple[str, str], str]:
    """The rule that holds for each field: the most permissive among the roles that let the user see the type.

    A role without a rule for the field permits all. Where no role lets the type be seen – it can be created only, say –
    the strictest rule holds.

    Args:
        rules: (record type, field) → role → rule.
        viewers: record type → the roles that grant the action "view" on it; ``*`` stands for every type.
    """
    found = {}
    for (record_type, name), by_role in rules.items():
        seeing = viewers.get(record_type, set()) | viewers.get(EVERY_TYPE, set())
        if seeing:
            rule = min((by_role.get(role, "") for role in seeing), key=PERMISSIVENESS.index)
        else:
            rule = max(by_role.values(), key=PERMISSIVENESS.index)
        if rule:
            found[record_type, name] = rule
    return MappingProxyType(found)


UNSEEN: Final = frozenset(
    {Action.IMPORT.value, Action.EXPORT.value, Action.AUTOMATE.value, Action.ADMINISTER.value}
)


def seen_through(actor: Actor, administrator_id: int) -> Actor:
    """The actor as an administrator looks through his or her eyes: nothing leaves, nothing is set, nothing is written.

    Rights to create, edit and delete stay, so that the same is shown; whoever uses one is refused by the middleware, and
    by the writer.
    """
    return replace(
        actor,
        seen_by=administrator_id,
        is_administrator=False,
        grants=MappingProxyType(
            {key: scopes for key, scopes in actor.grants.items() if key[1] not in UNSEEN}
        ),
    )


def may_administer(actor: Actor | None) -> bool:
    """May this actor change users, roles, teams and the settings of the company."""
    return actor is not None and actor.may(EVERY_TYPE, Action.ADMINISTER.value)
