"""The settings pages of webhooks and keys, in a browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dangol.identity.services import token_create
from dangol.integrations import services
from dangol.integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from tests.browser.conftest import sideways
from tests.cast import SYSTEM

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def endpoint(administrator, settings):
    settings.DANGOL_OUTBOUND_ALLOW = ["127.0.0.0/8"]
    made, _secret = services.endpoint_save(
        actor=administrator.actor, name="ERP 주문 연동", url="http://127.0.0.1:9/hook", owner=administrator.user,
        events=["order.created", "customer.updated"],
    )  # fmt: skip
    sent = services.endpoint_test(endpoint=made, actor=administrator.actor)
    WebhookDelivery.objects.filter(pk=sent.pk).update(state="failed", attempts=2, last_status=500)
    WebhookAttempt.objects.create(delivery=sent, status=500, milliseconds=31, excerpt="<h1>Oops</h1>")
    WebhookAttempt.objects.create(
        delivery=sent, error="“127.0.0.1” (port 9) did not answer within 10 seconds."
    )
    return made


def picture(page, name: str) -> None:
    """Where somebody wants to look at it: DANGOL_PICTURES names the folder."""
    if folder := os.environ.get("DANGOL_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_of_webhooks_and_keys_fit(visit, administrator, endpoint, width):
    token_create(
        user=administrator.user, name="창고", actor=SYSTEM, scopes=["order:read", "product:read", "customer:write"],
        networks=["203.0.113.0/24"], per_minute=600,
    )  # fmt: skip
    for path, text in (
        ("/settings/webhooks/", "ERP 주문 연동"),
        (f"/settings/webhooks/{endpoint.pk}/", "webhook.test"),
        ("/settings/webhooks/new/", "새 웹훅"),
        ("/settings/keys/", "창고"),
        ("/settings/profile/tokens/new/", "모든 데이터"),
    ):
        page = visit(administrator, path, width=width)
        assert text in page.content()
        picture(page, f"{path.strip('/').replace('/', '-')}-{width}")
        assert sideways(page) == 0, path
        page.close()


def test_a_webhook_is_made_and_taken_away(visit, administrator, settings):
    settings.DANGOL_OUTBOUND_ALLOW = ["127.0.0.0/8"]
    page = visit(administrator, "/settings/webhooks/new/")
    page.fill("input[name=name]", "창고")
    page.fill("input[name=url]", "http://127.0.0.1:9/")
    page.click("details:has(input[value='customer.created']) summary")
    page.check("input[value='customer.created']")
    page.click("form.form button[type=submit]")
    page.wait_for_selector("#secret")
    assert page.input_value("#secret").startswith("whsec_")
    page.click("a.btnx.pri")
    page.wait_for_url(f"**/settings/webhooks/{WebhookEndpoint.objects.get().pk}/")
    assert page.is_checked("input[value='customer.created']")
    page.click("[data-open=delete]")
    page.click("dialog button.danger")
    page.wait_for_url("**/settings/webhooks/")
    assert not WebhookEndpoint.objects.exists()
