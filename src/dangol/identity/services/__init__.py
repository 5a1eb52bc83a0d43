"""Business acts on users, roles, teams, territories and tokens. Each one leaves an ``AccessChange``."""

from dangol.identity.services.apps import app_delete, app_save, app_switch, grant_make, secret_renew
from dangol.identity.services.factors import factor_changed, factors_reset, recovery_code_used, session_end
from dangol.identity.services.roles import role_delete, role_save
from dangol.identity.services.seeing import seeing_end, seeing_start, seen_user
from dangol.identity.services.setup import FirstStart, first_start
from dangol.identity.services.signin import (
    account_connect,
    account_disconnect,
    policy_save,
    provider_delete,
    provider_save,
    user_create_for_provider,
)
from dangol.identity.services.tokens import token_create, token_revoke, token_used
from dangol.identity.services.trees import (
    team_delete,
    team_move,
    team_save,
    territory_delete,
    territory_move,
    territory_save,
)
from dangol.identity.services.users import (
    password_generate,
    user_activate,
    user_create,
    user_deactivate,
    user_end_sessions,
    user_set_password,
    user_update,
)

__all__ = [
    "FirstStart",
    "account_connect",
    "account_disconnect",
    "app_delete",
    "app_save",
    "app_switch",
    "factor_changed",
    "factors_reset",
    "first_start",
    "grant_make",
    "password_generate",
    "policy_save",
    "provider_delete",
    "provider_save",
    "recovery_code_used",
    "role_delete",
    "role_save",
    "secret_renew",
    "seeing_end",
    "seeing_start",
    "seen_user",
    "session_end",
    "team_delete",
    "team_move",
    "team_save",
    "territory_delete",
    "territory_move",
    "territory_save",
    "token_create",
    "token_revoke",
    "token_used",
    "user_activate",
    "user_create",
    "user_create_for_provider",
    "user_deactivate",
    "user_end_sessions",
    "user_set_password",
    "user_update",
]
