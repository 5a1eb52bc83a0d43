"""The purposes that every installation begins with: collection, advertising, advertising at night – each with a wording."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from dangol.customers.models import ConsentPurpose, PurposeKind
from dangol.identity.actors import Actor
from dangol.records import registry, writing

PURPOSES: tuple[dict[str, Any], ...] = (
    {
        "code": "collection",
        "name": "개인정보 수집·이용",
        "name_en": "Collection and use of personal data",
        "kind": PurposeKind.COLLECTION,
        "items": "이름, 연락처, 이메일, 주소, 거래 내역",
        "retention": "거래 종료 후 5년",
    },
    {
        "code": "marketing",
        "name": "광고성 정보 수신",
        "name_en": "Advertising messages",
        "kind": PurposeKind.MARKETING,
        "items": "이름, 연락처, 이메일",
        "retention": "동의 철회 또는 2년",
        "valid_months": 24,
    },
    {
        "code": "night",
        "name": "야간 광고성 정보 수신(21시~8시)",
        "name_en": "Advertising messages at night (21:00 to 08:00)",
        "kind": PurposeKind.NIGHT,
        "items": "이름, 연락처",
        "retention": "동의 철회 또는 2년",
        "valid_months": 24,
    },
)
WORDINGS = {
    "collection": (
        (
            "회사는 상담, 계약 이행과 고객 관리를 위해 위 항목을 수집·이용해요. "
            "동의를 거부할 수 있으며, 거부하면 서비스 이용이 제한될 수 있어요."
        ),
        (
            "We collect and use the items above for advice, contracts and customer care. "
            "You may refuse; some services may then not be available."
        ),
    ),
    "marketing": (
        "이벤트와 혜택 등 광고성 정보를 받는 데 동의해요. 동의하지 않아도 서비스를 이용할 수 있고, 언제든지 철회할 수 있어요.",
        "I agree to receive advertising such as events and offers. Services do not depend on it, and I can withdraw at any time.",
    ),
    "night": (
        "21시부터 다음 날 8시까지 광고성 정보를 받는 데 동의해요. 언제든지 철회할 수 있어요.",
        "I agree to receive advertising between 21:00 and 08:00. I can withdraw at any time.",
    ),
}


def make() -> int:
    """Make those that are missing; what the company changed stays. Returns how many were made. One query when all are there."""
    known = set(ConsentPurpose.objects.values_list("code", flat=True))
    actor = Actor.system("dangol")
    made = 0
    for values in PURPOSES:
        if values["code"] in known:
            continue
        with transaction.atomic():
            number = writing.create(
                registry.get("consent_purpose"), {**values, "kind": str(values["kind"].value)}, actor=actor
            )
            text, text_en = WORDINGS[values["code"]]
            writing.create(
                registry.get("consent_wording"),
                {
                    "purpose": number,
                    "number": 1,
                    "name": f"{values['name']} v1"[:60],
                    "text": text,
                    "text_en": text_en,
                    "since": timezone.localdate().isoformat(),
                },
                actor=actor,
            )
        made += 1
    return made
