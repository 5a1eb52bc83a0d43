"""Words for what the access log and the outbox keep as codes."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.identity.models import Action, Rule, Scope
from dangol.identity.models.roles import EVERY_TYPE
from dangol.records import registry

_ACTS = {
    "created": gettext_lazy("added"),
    "updated": gettext_lazy("changed"),
    "deleted": gettext_lazy("deleted"),
    "activated": gettext_lazy("activated"),
    "deactivated": gettext_lazy("shut out"),
    "password_set": gettext_lazy("new password"),
    "sessions_ended": gettext_lazy("signed out everywhere"),
    "session_ended": gettext_lazy("signed out on one device"),
    "revoked": gettext_lazy("revoked"),
    "switched_off": gettext_lazy("switched off"),
    "indexed": gettext_lazy("made fast"),
    "index_dropped": gettext_lazy("index dropped"),
    "discarded": gettext_lazy("discarded"),
    "replayed": gettext_lazy("sent once more"),
    "secret_changed": gettext_lazy("new secret"),
    "privacy_set": gettext_lazy("changed"),
    "seen_as": gettext_lazy("looked through the eyes of"),
    "seen_as_ended": gettext_lazy("stopped looking through the eyes of"),
    "totp_added": gettext_lazy("authenticator app set up"),
    "totp_removed": gettext_lazy("authenticator app removed"),
    "passkey_added": gettext_lazy("passkey added"),
    "passkey_removed": gettext_lazy("passkey removed"),
    "codes_made": gettext_lazy("new recovery codes"),
    "recovery_code_used": gettext_lazy("signed in with a recovery code"),
    "allowed": gettext_lazy("allowed to act"),
    "factors_reset": gettext_lazy("second factor reset"),
    "provider_connected": gettext_lazy("connected with a provider"),
    "provider_disconnected": gettext_lazy("disconnected from a provider"),
}
_TARGETS = {
    "user": gettext_lazy("User"),
    "role": gettext_lazy("Role"),
    "team": gettext_lazy("Team"),
    "territory": gettext_lazy("Territory"),
    "token": gettext_lazy("API token"),
    "app": gettext_lazy("App"),
    "ownfield": gettext_lazy("Field"),
    "delivery": gettext_lazy("Delivery"),
    "ownobject": gettext_lazy("Own object"),
    "webhookendpoint": gettext_lazy("Webhook"),
    "privacysettings": gettext_lazy("Personal data"),
    "signinpolicy": gettext_lazy("Signing in"),
    "signinprovider": gettext_lazy("Provider"),
}
_FIELDS: dict[str, str | Promise] = {
    "email": gettext_lazy("Email"),
    "name": gettext_lazy("Name"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "theme": gettext_lazy("Theme"),
    "team": gettext_lazy("Team"),
    "territory": gettext_lazy("Territory"),
    "is_administrator": gettext_lazy("System administrator"),
    "roles": gettext_lazy("Roles"),
    "parent": gettext_lazy("Belongs to"),
    "code": gettext_lazy("Code"),
    "description": gettext_lazy("Description"),
    "grants": gettext_lazy("Rights"),
    "field_rules": gettext_lazy("Field rules"),
    "reason": gettext_lazy("Reason"),
    "user": gettext_lazy("User"),
    "actions": gettext_lazy("Actions"),
    "expires_at": gettext_lazy("Expires"),
    "scopes": gettext_lazy("Only for"),
    "networks": gettext_lazy("Networks"),
    "per_minute": gettext_lazy("Calls a minute at most"),
    "label_ko": gettext_lazy("Name in Korean"),
    "label_en": gettext_lazy("Name in English"),
    "help_ko": gettext_lazy("Help in Korean"),
    "help_en": gettext_lazy("Help in English"),
    "kept_years": gettext_lazy("Years that the access log is kept"),
    "reveals_per_hour": gettext_lazy("Masked values that one person may see in an hour"),
    "reveal_roles": gettext_lazy("Roles that may reveal masked values"),
    "personal_fields": gettext_lazy("Own fields that are about people"),
    "settings": gettext_lazy("Settings"),
    "required": gettext_lazy("Required"),
    "unique": gettext_lazy("Unique"),
    "group": gettext_lazy("Section"),
    "condition": gettext_lazy("Shown when"),
    "default": gettext_lazy("Default"),
    "kind": gettext_lazy("Kind"),
    "plural_en": gettext_lazy("Several of them in English"),
    "title_ko": gettext_lazy("What a record's name is called, in Korean"),
    "title_en": gettext_lazy("What a record's name is called, in English"),
    "icon": gettext_lazy("Icon"),
    "tone": gettext_lazy("Colour"),
    "prefix": gettext_lazy("In front of numbers"),
    "owned": gettext_lazy("Each record belongs to somebody"),
    "timeline": gettext_lazy("Timeline and interactions"),
    "personal": gettext_lazy("About people"),
    "records": gettext_lazy("Records"),
    "tokens_revoked": gettext_lazy("API tokens revoked"),
    "second_factor": gettext_lazy("Second factor"),
    "session_hours": gettext_lazy("Session length, hours"),
    "idle_minutes": gettext_lazy("Idle time, minutes"),
    "password_length": gettext_lazy("Shortest password, characters"),
    "mail_domains": gettext_lazy("Allowed mail domains"),
    "providers_only": gettext_lazy("Sign in through providers only"),
    "break_glass": gettext_lazy("Emergency administrator"),
    "client_id": gettext_lazy("Client ID"),
    "secret": gettext_lazy("Client secret"),
    "details": gettext_lazy("Details"),
    "is_active": gettext_lazy("Switched on"),
    "makes_accounts": gettext_lazy("Make accounts at the first sign-in"),
    "role": gettext_lazy("Role of new accounts"),
    "trusts_mail": gettext_lazy("Trust its addresses"),
    "checks_factor": gettext_lazy("It asks for the second factor itself"),
    "accounts": gettext_lazy("Accounts"),
    "provider": gettext_lazy("Provider"),
    "subject": gettext_lazy("Known there as"),
    "factors": gettext_lazy("Second factor"),
    "codes_left": gettext_lazy("Recovery codes left"),
    "address": gettext_lazy("Address"),
    "url": gettext_lazy("Address"),
    "owner": gettext_lazy("Owner"),
    "events": gettext_lazy("Events"),
    "filter": gettext_lazy("Filter"),
    "includes_record": gettext_lazy("Send the records, not only their numbers"),
    "batch_size": gettext_lazy("Records in a message"),
    "rate": gettext_lazy("Messages a second at most"),
    "concurrency": gettext_lazy("Messages at the same time"),
    "device": gettext_lazy("Device"),
    "redirect_uris": gettext_lazy("Addresses to return to"),
}


def act_label(act: str) -> str:
    """The word for an act of the access log."""
    return str(_ACTS.get(act, act))


def target_label(target_type: str) -> str:
    """The word for the kind of thing that was changed."""
    return str(_TARGETS.get(target_type, target_type))


def change_lines(changes: dict[str, list[Any]]) -> list[str]:
    """Each changed field as a short text: label, old value if there was one, new value.

    Of something new only what tells it apart is shown, not its language and theme.
    """
    is_new = all(pair[0] is None for pair in changes.values())
    return [
        line
        for field, pair in changes.items()
        if not (is_new and field in _LEFT_OUT_OF_NEW) and (line := _line(field, pair))
    ]


def device_label(user_agent: str) -> str:
    """Browser and system as people call them, from what the browser says of itself."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return " · ".join(part for part in (browser, system) if part) or _("Unknown device")


# The order matters: most browsers name others before themselves.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("Whale/", "Whale"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("KAKAOTALK", "KakaoTalk"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
_LEFT_OUT_OF_NEW = frozenset({"name", "language", "time_zone", "theme", "description", "code"})
_GRANTS_SHOWN = 4


def _line(field: str, pair: list[Any]) -> str:
    label = str(_FIELDS.get(field, field))
    old, new = pair
    if isinstance(new, list) and (old is None or isinstance(old, list)):
        return _list_line(label, field, old or [], new)
    if old in (None, "", 0, False) and new in (None, "", 0, False):
        return ""
    return f"{label}: {_text(new)}" if old in (None, "") else f"{label}: {_text(old)} → {_text(new)}"


def _list_line(label: str, field: str, old: list[str], new: list[str]) -> str:
    shown = {"grants": _grant, "field_rules": _rule}.get(field, str)
    parts = [f"+ {shown(value)}" for value in new if value not in old]
    parts += [f"− {shown(value)}" for value in old if value not in new]
    rest = len(parts) - _GRANTS_SHOWN
    if rest > 1:
        parts = [*parts[:_GRANTS_SHOWN], _("and %(count)s more") % {"count": rest}]
    return f"{label}: {', '.join(parts)}" if parts else ""


def _grant(code: str) -> str:
    record_type, action, scope = code.split(":")
    words = dict(Action.choices) | dict(Scope.choices)
    what = _("All records") if record_type == EVERY_TYPE else record_type
    return f"{what} {words.get(action, action)} ({words.get(scope, scope)})"


def _rule(code: str) -> str:
    record_type, name, rule = code.split(":")
    known = registry.find(record_type)
    field = known.fields.get(name) if known else None
    what = f"{known.label} {field.label}" if known and field else f"{record_type} {name}"
    return f"{what} ({dict(Rule.choices).get(rule, rule)})"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "–" if value in (None, "") else str(value)
