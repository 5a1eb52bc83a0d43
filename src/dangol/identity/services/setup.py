"""The very first start: somebody must be able to sign in."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.identity.models import Action, Role, Scope, Team, User
from dangol.identity.models.roles import EVERY_TYPE
from dangol.identity.services.roles import GrantTriple, role_save
from dangol.identity.services.trees import team_save
from dangol.identity.services.users import password_generate, user_create

# Any number will do, as long as nothing else in the database takes the same advisory lock.
_FIRST_START_LOCK = 0x64616E676F6C

_DAILY_WORK = [Action.VIEW, Action.CREATE, Action.EDIT, Action.DELETE]


@dataclass(frozen=True)
class FirstStart:
    """How to sign in as the administrator that was just made. The password is known here and nowhere else."""

    email: str
    password: str


def first_start(*, email: str = "admin@dangol.local") -> FirstStart | None:
    """Make the default roles, the top team and an administrator, each only when there is none yet.

    May be called at every start and by several processes at once: one makes them, the others find them.

    Args:
        email: the address the administrator signs in with.

    Returns:
        The administrator's address and password, once; None when there was an administrator already.
    """
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_FIRST_START_LOCK])
        actor = Actor.system("dangol")
        if not Role.objects.exists():
            for code, name, description, grants in _default_roles():
                role_save(actor=actor, code=code, name=name, description=description, grants=grants)
        team = Team.objects.filter(parent=None).order_by("pk").first()
        if team is None:
            team = team_save(actor=actor, name=_("Our company"))
        if User.objects.filter(is_administrator=True, is_active=True).exists():
            return None
        password = password_generate()
        user_create(
            actor=actor,
            email=email,
            name=_("Administrator"),
            password=password,
            language=settings.LANGUAGE_CODE,
            time_zone=settings.TIME_ZONE,
            team=team,
            is_administrator=True,
        )
        return FirstStart(email=email, password=password)


def _default_roles() -> list[tuple[str, str, str, list[GrantTriple]]]:
    return [
        (
            "administrator",
            _("Administrator"),
            _("Everything, settings included."),
            _grants(list(Action), [Scope.ALL]),
        ),
        (
            "sales-manager",
            _("Sales manager"),
            _("All records of one's own team and the teams below it, with import and export."),
            _grants([*_DAILY_WORK, Action.IMPORT, Action.EXPORT, Action.AUTOMATE], [Scope.OWN, Scope.TEAM]),
        ),
        (
            "sales",
            _("Sales representative"),
            _("Sees the team's records and works on one's own."),
            _grants([Action.VIEW], [Scope.OWN, Scope.TEAM]) + _grants(_DAILY_WORK[1:], [Scope.OWN]),
        ),
        (
            "read-only",
            _("Read only"),
            _("Sees everything and changes nothing."),
            _grants([Action.VIEW], [Scope.ALL]),
        ),
    ]


def _grants(actions: list[Action], scopes: list[Scope]) -> list[GrantTriple]:
    return [(EVERY_TYPE, action.value, scope.value) for action in actions for scope in scopes]
