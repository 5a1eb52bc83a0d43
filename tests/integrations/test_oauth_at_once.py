"""Two holders of one code or refresh token at the same moment: one of them gets something."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from allauth.idp.oidc.models import Token as AccessToken
from django.db import connection

from tests.integrations.program import Program

pytestmark = pytest.mark.django_db(transaction=True)


def both(ask):
    """What two threads are answered that ask at the same moment."""
    barrier = Barrier(2)

    def one(_number):
        try:
            barrier.wait(timeout=20)
            return ask().status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(one, range(2)))


def test_a_code_gives_tokens_once(insider):
    program = Program(public=True)
    code = program.code(insider)
    assert both(lambda: program.redeem(code)) == [200, 400]
    assert AccessToken.objects.filter(type="rt").count() == 1


def test_a_refresh_token_gives_tokens_once(insider):
    program = Program(public=True)
    token = program.tokens(insider)["refresh_token"]
    assert both(lambda: program.refresh(token)) == [200, 400]
