"""Who works here, where they stand, what they may do."""

from dangol.identity.models.access import AccessChange
from dangol.identity.models.apps import App
from dangol.identity.models.revisions import Revision
from dangol.identity.models.roles import Action, FieldRule, Grant, Role, Rule, Scope
from dangol.identity.models.signin import FactorRule, SessionRules, SignInPolicy, SignInProvider
from dangol.identity.models.tokens import Token, TokenUse
from dangol.identity.models.trees import Team, Territory, Tree
from dangol.identity.models.users import Theme, User

__all__ = [
    "AccessChange",
    "Action",
    "App",
    "FactorRule",
    "FieldRule",
    "Grant",
    "Revision",
    "Role",
    "Rule",
    "Scope",
    "SessionRules",
    "SignInPolicy",
    "SignInProvider",
    "Team",
    "Territory",
    "Theme",
    "Token",
    "TokenUse",
    "Tree",
    "User",
]
