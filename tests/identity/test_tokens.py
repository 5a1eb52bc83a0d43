"""API tokens: shown once, kept as a digest, ended at will."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from dangol.identity import selectors, services
from dangol.identity.actors import Actor, actor_for
from dangol.identity.models import AccessChange, Token, User

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")


@pytest.fixture
def user() -> User:
    return services.user_create(
        actor=SYSTEM, email="sora@example.com", name="윤소라", password="correct horse"
    )


def test_the_secret_is_found_again_but_kept_nowhere(user: User) -> None:
    token, text = services.token_create(user=user, name="ERP", actor=actor_for(user))
    assert text.startswith(f"dgl_{token.prefix}_")
    assert len(text.split("_")[2]) == 64
    assert selectors.token_for(text) == token
    secret = text.split("_")[2]
    assert secret not in str(Token.objects.values().get())
    assert secret not in str(list(AccessChange.objects.values()))


@pytest.mark.parametrize(
    "text",
    ["", "dgl", "dgl__", "dgl_x_y", "Bearer", "dgl_00000000_" + "0" * 64, "dgl_\x00_a", "한글_토큰_입니다"],
)
def test_nonsense_is_no_token(user: User, text: str) -> None:
    services.token_create(user=user, name="ERP", actor=SYSTEM)
    assert selectors.token_for(text) is None


def test_the_right_prefix_with_another_secret_is_no_token(user: User) -> None:
    _token, text = services.token_create(user=user, name="ERP", actor=SYSTEM)
    assert selectors.token_for(text[:-1] + ("0" if text[-1] != "0" else "1")) is None


def test_expired_revoked_and_orphaned_tokens_end(user: User) -> None:
    token, text = services.token_create(
        user=user, name="ERP", actor=SYSTEM, expires_at=timezone.now() + timedelta(days=1)
    )
    assert selectors.token_for(text)
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert selectors.token_for(text) is None
    Token.objects.update(expires_at=None)
    assert selectors.token_for(text)
    User.objects.update(is_active=False)
    assert selectors.token_for(text) is None
    User.objects.update(is_active=True)
    services.token_revoke(token=token, actor=SYSTEM)
    assert selectors.token_for(text) is None
    assert list(selectors.tokens_of(user)) == []


def test_a_token_needs_a_name_known_actions_and_a_future(user: User) -> None:
    for fields in (
        {"name": " "},
        {"name": "x", "actions": ["fly"]},
        {"name": "x", "expires_at": timezone.now() - timedelta(days=1)},
    ):
        with pytest.raises(ValidationError):
            services.token_create(user=user, actor=SYSTEM, **fields)
    assert not Token.objects.exists()


def test_nobody_makes_or_ends_tokens_of_others(user: User) -> None:
    other = services.user_create(actor=SYSTEM, email="other@example.com", name="남")
    token, _text = services.token_create(user=user, name="ERP", actor=SYSTEM)
    with pytest.raises(PermissionDenied):
        services.token_create(user=user, name="mine now", actor=actor_for(other))
    with pytest.raises(PermissionDenied):
        services.token_revoke(token=token, actor=actor_for(other))
    token.refresh_from_db()
    assert token.revoked_at is None


def test_use_is_noted_once_a_minute(user: User, django_assert_num_queries) -> None:
    token, _text = services.token_create(user=user, name="ERP", actor=SYSTEM)
    services.token_used(token=token)
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    with django_assert_num_queries(0):
        services.token_used(token=token)
    Token.objects.update(last_used_at=first - timedelta(minutes=2))
    token.refresh_from_db()
    services.token_used(token=token)
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert token.last_used_at >= first
