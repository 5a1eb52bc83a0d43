"""What nobody else must see, and every address of the project to look for it."""

from __future__ import annotations

from datetime import date

import pytest
from django.core import signing
from django.db import connection
from django.utils import timezone

from dangol.automation.models import ApprovalRequest, ApprovalVote, Rule, RuleRun, RuleVersion
from dangol.customers import standard
from dangol.customers.models import ConsentDuty
from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.identity.models import App, Grant, Role, Team, Token, User
from dangol.identity.services import app_save, grant_make
from dangol.insight.models import Dashboard, Mailing, Programme, ProgrammeEffect, Report, SegmentStay
from dangol.integrations.models import BulkJob, Move, WebhookEndpoint
from dangol.interactions import comments
from dangol.interactions.models import Comment, Follow
from dangol.interactions.notifications.mailing import SALT
from dangol.interactions.notifications.services import notify
from dangol.measures.models import Score
from dangol.records import registry, writing
from dangol.records.attachments import services as attachments
from dangol.records.models import (
    Attachment,
    BulkRefusal,
    BulkRun,
    BulkState,
    DuplicatePair,
    DuplicateScan,
    ImportRun,
    ImportSchedule,
    ImportScheduleState,
    ImportState,
    Merge,
    SavedMapping,
    SavedView,
    TagLink,
)
from dangol.records.models import Change as Recorded
from dangol.records.objects import services as objects
from dangol.records.own import services as own_fields
from tests.access.places import filled, patterns

SECRET = "비밀정밀"
AMOUNT, REVENUE = 123_456_789, 987_654_321


def mark(name: str) -> str:
    """A word that stands in every text of the record of that type."""
    return f"zq{name.replace('_', '')}qz"


class Secrets:
    """One record of every type that belongs to the insider's customer; all carry the secret in their texts."""

    def __init__(self, insider) -> None:
        self.ids: dict[str, int] = {}
        actor = insider.actor
        everything = Actor.system("test")
        now = timezone.now()

        def make(name: str, values: dict[str, object], by: Actor = actor) -> int:
            self.ids[name] = writing.create(registry.get(name), values, actor=by)
            return self.ids[name]

        product = make("product", {"code": mark("product"), "name": mark("product")}, everything)
        customer = make(
            "customer",
            {"name": f"{SECRET} 주식회사 {mark('customer')}", "phone": "010-7777-5678", "email": "secret@bimil.example",
             "external_id": SECRET, "business_number": "124-81-00998", "description": mark("customer")},
        )  # fmt: skip
        contact = make(
            "contact",
            {"name": f"{SECRET} {mark('contact')}", "job_title": mark("contact"), "customer": customer, "phone": "010-7777-5679"},
            everything,
        )  # fmt: skip
        make(
            "contact_point",
            {"customer": customer, "contact": contact, "kind": "email", "value": f"{mark('contact_point')}@bimil.example"},
            everything,
        )  # fmt: skip
        standard.make()
        make(
            "consent",
            {"customer": customer, "contact": contact, "purpose": {"code": "marketing"}, "channel": "sms", "act": "given",
             "proof_note": f"{SECRET} {mark('consent')}"},
            everything,
        )  # fmt: skip
        make(
            "person_request",
            {
                "customer": customer,
                "contact": contact,
                "kind": "erase",
                "subject": f"{SECRET} {mark('person_request')}",
            },
            everything,
        )
        self.ids["consent_duty"] = ConsentDuty.objects.get().pk
        order = make(
            "order",
            {"number": f"{SECRET}-{mark('order')}", "customer": customer, "ordered_at": now.isoformat(), "memo": SECRET},
            everything,
        )  # fmt: skip
        make(
            "order_line",
            {"order": order, "ordinal": 1, "product": product, "description": f"{SECRET} {mark('order_line')}",
             "quantity": "3", "unit_price": str(AMOUNT // 3)},
            everything,
        )  # fmt: skip
        invoice = make(
            "invoice",
            {"number": f"{SECRET}-{mark('invoice')}", "subject": f"{SECRET} {mark('invoice')}", "customer": customer,
             "contact": contact, "order": order, "issued_on": "2026-11-20", "total": str(AMOUNT), "memo": SECRET},
            everything,
        )  # fmt: skip
        make(
            "invoice_line",
            {"invoice": invoice, "ordinal": 1, "product": product, "description": f"{SECRET} {mark('invoice_line')}",
             "quantity": "3", "unit_price": str(AMOUNT // 3), "amount": str(AMOUNT)},
            everything,
        )  # fmt: skip
        # Names of colleagues are nobody's secret: owners are chosen by them.
        account = {"email": "secret.account@bimil.example", "name": "박다인", "external_id": SECRET}
        make("user_account", account, everything)
        said = {"body": f"{SECRET} {mark('interaction')}", "customer": customer, "contact": contact}
        for kind in ("task", "meeting", "call", "note"):
            when = {"due_at" if kind == "task" else "occurred_at": now.isoformat()}
            make("interaction", {"kind": kind, "subject": f"{SECRET} {mark('interaction')}", **said, **when})
        objects.create(actor=everything, label_ko="설비", label_en="Equipment", prefix="EQ-", timeline=True)
        secret = {"target": "customer"}
        own_fields.create(
            actor=everything,
            record_type="x_equipment",
            name="x_site",
            kind="reference",
            label_ko="고객",
            settings=secret,
        )
        make(
            "x_equipment",
            {"name": f"{SECRET} {mark('x_equipment')}", "external_id": SECRET, "x_site": customer},
        )
        make("machine", {"code": SECRET, "name": SECRET})
        make("repair", {"machine": self.ids["machine"], "title": SECRET}, everything)
        writing.update(registry.get("customer"), customer, {"city": SECRET}, actor=actor)
        said = {"condition": f'city = "{SECRET}"', "offer": f"{SECRET} {mark('segment')}"}
        make("segment", {"name": f"{SECRET} {mark('segment')}", **said})
        SegmentStay.objects.create(
            segment_id=self.ids["segment"], customer_id=customer, entered_on=date(2026, 11, 20)
        )
        # What came of it are figures of the whole company: for nobody who sees a part of it.
        programme = Programme.objects.create(
            name=SECRET,
            description=f"{SECRET} {mark('programme')}",
            starts_on=date(2026, 9, 1),
            group_filter=f'city = "{SECRET}"',
            control="others",
            reached_id=self.ids["segment"],
            owner=insider.user,
            team=insider.user.team,
        )
        self.ids["programme"] = programme.pk
        ProgrammeEffect.objects.create(
            programme=programme,
            as_of=date(2026, 11, 20),
            computed_at=now,
            found={"state": "not_begun", "treated": REVENUE, "control": REVENUE, "currency": "KRW"},
        )
        scores = {
            "rfm.monetary": REVENUE,
            "rfm.recency": 111,
            "rfm.frequency": 222,
            "value.revenue_12m": REVENUE,
        }
        Score.objects.bulk_create(
            Score(record_type="customer", record_id=customer, name=name, value=value, label="", as_of=date(2026, 11, 20), model="t")
            for name, value in scores.items()
        )  # fmt: skip
        Score.objects.create(
            record_type="customer", record_id=customer, name="rfm.segment", label="at_risk", as_of=date(2026, 11, 20), model="t"
        )  # fmt: skip

        # Told to somebody who may not see it: told, and shown to nobody.
        others = User.objects.exclude(pk=insider.id).values_list("pk", flat=True)
        for name in ("customer", "contact", "order", "interaction"):
            notify(kind="mentioned", users=others, target_type=name, target_id=self.ids[name], by=insider.id)

        self.run = ImportRun.objects.create(
            owner=insider.user, file_name=f"{SECRET}.csv", path="/nowhere", size=1, sha256="0", fingerprint="0",
            mapping={"records": []}, record_types=["customer"], state=ImportState.FINISHED,
        )  # fmt: skip
        # Under the key of the import, so that both are walked by the same addresses.
        Move.objects.create(
            key=self.run.key,
            owner=insider.user,
            plan={"files": [{"name": f"{SECRET}.csv", "path": "/nowhere"}]},
        )
        self.bulk = BulkRun.objects.create(
            key=self.run.key, owner=insider.user, record_type="customer", act="edit", state=BulkState.FINISHED,
            settings={"change": {"city": {"set": SECRET}}}, selection={"filter": f'city = "{SECRET}"'},
            previewed_at=now, selected=1, rows=1, refused=1, record_types=["customer"],
        )  # fmt: skip
        BulkRefusal.objects.create(
            run=self.bulk, record_type="customer", record_id=customer, field="city", value=SECRET, code="forbidden", reason="–"
        )  # fmt: skip
        self.mapping = SavedMapping.objects.create(
            title="고객 매핑", owner=insider.user, mapping={"records": []}, record_types=["customer"]
        )
        self.schedule = ImportSchedule.objects.create(
            name=SECRET,
            source="folder",
            location=SECRET,
            mapping_name=f"saved:{self.mapping.pk}",
            acts_as=insider.user,
        )
        ImportScheduleState.objects.create(schedule=self.schedule)
        self.view = SavedView.objects.create(
            record_type="customer",
            name=SECRET,
            owner=insider.user,
            state={"filter": f'name contains "{SECRET}"'},
        )

        # The insider's own: its name, its words and what it filters by are the secret.
        self.dashboard = Dashboard.objects.create(
            name=SECRET, description=SECRET, owner=insider.user, filter=f'name contains "{SECRET}"',
            tiles=[
                {"id": "t1", "chart": "note", "title": SECRET, "text": SECRET, "x": 0, "y": 0, "w": 6, "h": 4},
                {"id": "t2", "chart": "number", "metric": "revenue", "x": 6, "y": 0, "w": 3, "h": 2},
            ],
        )  # fmt: skip
        self.mailing = Mailing.objects.create(dashboard=self.dashboard, owner=insider.user, next_at=now)

        self.report = Report.objects.create(
            name=SECRET, description=SECRET, owner=insider.user, record_type="customer",
            filter=f'name contains "{SECRET}"', plan={"kind": "pivot", "rows": "grade", "measures": ["count"]},
        )  # fmt: skip

        # It would send to an address that carries the secret.
        self.webhook = WebhookEndpoint.objects.create(
            name=SECRET, url=f"https://{SECRET}.example/", owner=insider.user, secret="sealed", events=["customer.created"]
        )  # fmt: skip

        self.job = BulkJob.objects.create(
            owner=insider.user, record_type="customer", operation="create", path=f"/nowhere/{SECRET}", size=1, sha256="0",
            message=SECRET,
        )  # fmt: skip
        # An app whose name is the secret, with what the insider lets it do.
        self.app, _key = app_save(
            actor=everything, name=SECRET, redirect_uris=["https://app.example/"], scopes=["*:read"]
        )
        self.grant = grant_make(
            app=self.app, user=insider.user, scopes=["customer:read"], actor=insider.actor
        )
        self._say_and_attach(actor, customer)
        # Under the same key again.
        self.merge = Merge.objects.create(
            key=self.run.key, record_type="customer", into_id=customer, actor=insider.user, choices={"city": customer},
            written={"city": ["", SECRET]}, counts={"order": 1},
        )  # fmt: skip
        self.rule = Rule.objects.create(name=SECRET, record_type="customer")
        self.rule.current = RuleVersion.objects.create(
            rule=self.rule, number=1, author=insider.user, trigger={"kind": "button", "label": SECRET},
            condition_text=SECRET, steps=[{"id": "s1", "kind": "stop", "settings": {}}],
        )  # fmt: skip
        self.rule.save()
        self.rule_run = RuleRun.objects.create(
            rule=self.rule, version=self.rule.current, record_type="customer", record_id=customer, trigger="button",
            state="waiting", detail=SECRET,
        )  # fmt: skip
        self.approval = ApprovalRequest.objects.create(
            run=self.rule_run, step="s1", record_type="customer", record_id=customer, deadline=timezone.now(),
            stages=[{"who": "people", "people": [], "all": False}],
        )  # fmt: skip
        for user in User.objects.all():
            ApprovalVote.objects.create(request=self.approval, stage=0, approver=user)

    def _say_and_attach(self, actor: Actor, customer: int) -> None:
        """Files, comments, mentions and followers carry the secret too."""
        record_type = registry.get("customer")
        self.file = attachments.attach(
            actor=actor, record_type=record_type, record_id=customer, name=f"{SECRET}.txt", chunks=[SECRET.encode()]
        )  # fmt: skip
        self.comment = comments.comment_add(
            actor=actor, record_type=record_type, record_id=customer, text=f"{SECRET} {mark('comment')}"
        )
        twin = writing.create(record_type, {"name": f"{SECRET} 둘째", "phone": "010-7777-5678"}, actor=actor)
        self.pair = DuplicatePair.objects.create(
            record_type="customer", left=customer, right=twin, probability=0.9, evidence={"phone": "same"}
        )

    def state(self) -> list[object]:
        """Everything that must not change: the records, their history, and who may do what."""
        rows: list[object] = []
        with connection.cursor() as cursor:
            for name, record_id in self.ids.items():
                table = registry.get(name).table.name
                cursor.execute(f'SELECT to_jsonb(t) FROM "{table}" t WHERE id = %s', [record_id])
                rows.append(cursor.fetchone())
        users = User.objects.order_by("pk").values_list(
            "pk", "email", "is_active", "is_administrator", "team_id", "password"
        )
        rights = Grant.objects.order_by("pk").values_list("role_id", "record_type", "action", "scope")
        places = (
            *Role.objects.values_list("code").order_by("pk"),
            *Team.objects.values_list("name").order_by("pk"),
        )
        runs = [
            *ImportRun.objects.order_by("pk").values_list(
                "pk", "state", "undo", "pause_requested", "rehearsed"
            )
        ]
        runs += [*BulkRun.objects.order_by("pk").values_list("pk", "state", "undo", "cancel_requested")]
        runs += [*BulkJob.objects.values_list("pk", "state", "cancel_requested")]
        runs += [*WebhookEndpoint.objects.values_list("pk", "version", "secret")]
        runs += [*App.objects.values_list("pk", "is_active", "client__name", "client__secret")]
        runs += [*Token.objects.filter(app__isnull=False).values_list("pk", "scopes", "revoked_at")]
        mappings = [*SavedMapping.objects.values_list("pk", "title")]
        schedules = [
            *ImportSchedule.objects.values_list("pk", "version", "active"),
            *SavedView.objects.filter(pk=self.view.pk).values_list("pk", "version", "state", "deleted_at"),
            *Dashboard.objects.filter(pk=self.dashboard.pk).values_list(
                "pk", "version", "tiles", "deleted_at"
            ),
            *Mailing.objects.values_list("pk", "version", "deleted_at"),
            *Report.objects.filter(pk=self.report.pk).values_list("pk", "version", "plan", "deleted_at"),
        ]
        duplicates = [
            *DuplicatePair.objects.order_by("pk").values_list("pk", "state", "decided_by"),
            *DuplicateScan.objects.values_list("pk", "state"),
        ]
        together = [
            *duplicates,
            *Attachment.objects.order_by("pk").values_list("pk", "name", "deleted_at"),
            *Comment.objects.order_by("pk").values_list("pk", "body", "deleted_at"),
            *TagLink.objects.order_by("pk").values_list("pk", "tag_id"),
            *Merge.objects.order_by("pk").values_list("pk", "undone_at"),
            *Follow.objects.filter(record_id__in=self.ids.values())
            .order_by("pk")
            .values_list("pk", "user_id", "off"),
        ]
        return [
            *rows,
            together,
            [*Rule.objects.order_by("pk").values_list("pk", "is_active", "current", "deleted_at", "name")],
            [*RuleRun.objects.order_by("pk").values_list("pk", "state")],
            [*ApprovalVote.objects.order_by("pk").values_list("pk", "decision")],
            runs,
            mappings,
            schedules,
            Recorded.objects.count(),
            list(users),
            list(rights),
            places,
        ]


@pytest.fixture
def secrets(insider, settings, tmp_path):
    settings.DATA = tmp_path
    yield Secrets(insider)
    registry.set_own(())
    revisions.forget()


@pytest.fixture
def places(secrets, insider):
    """(pattern, address with its parts filled in) of every route of the project."""
    shared = {
        "field": ["name", "created_at"],
        "target": [*(record_type.name for record_type in registry.all_types()), "user", "team"],
        "records": [record_type.path for record_type in registry.all_types()],
        "name": ["revenue", "orders"],
        "key": ["secret", str(secrets.run.key)],
        "number": [str(secrets.mapping.pk)],
        "schedule_id": [str(secrets.schedule.pk)],
        "job_key": [str(secrets.job.key)],
        "webhook_id": [str(secrets.webhook.pk)],
        "uidb36": ["1"],
        "file_key": [str(secrets.file.key), "not-a-key"],
        "comment_id": [str(secrets.comment.pk)],
        "tag_id": ["1"],
        "app_id": ["1", str(secrets.app.pk)],
        "token_id": ["1", str(secrets.grant.pk)],
        "mail_token": ["x", signing.dumps(insider.id, salt=SALT)],
        "user_id": [str(insider.id)],
        "team_id": [str(insider.user.team_id)],
        "territory_id": ["1"],
        "role_id": ["1"],
        "delivery_id": ["1"],
        "merge_id": [str(secrets.merge.pk)],
        "run_id": ["1", str(secrets.rule_run.pk)],
        "rule_id": [str(secrets.rule.pk)],
        "segment_id": [str(secrets.ids["segment"])],
        "programme_id": [str(secrets.ids["programme"])],
        "version_id": [str(secrets.rule.current_id)],
        "request_id": [str(secrets.approval.pk)],
        "view_id": [str(secrets.view.pk)],
        "dashboard_id": [str(secrets.dashboard.pk)],
        "tile_id": ["t1", "t2"],
        "report_id": [str(secrets.report.pk)],
        "mailing_id": [str(secrets.mailing.pk)],
        "pair_id": [str(secrets.pair.pk)],
        "pk": ["1", str(secrets.grant.pk), str(insider.id), str(insider.user.team_id)],
        "kind": ["note", "task", "teams"],
        "tab": ["all"],
        "month": ["202610", "202699"],
        "purpose": ["lifetime_value", "nothing"],
        "provider_key": ["company"],
        "provider_id": ["company"],
        "organization_slug": ["company-saml"],
        "provider_kind": ["openid_connect", "saml"],
    }
    found = []
    for route, _converters in patterns():
        if "<" not in route:
            found.append((route, route))
            continue
        for record_type in registry.all_types():
            values = {
                **shared,
                "record_type": [record_type.path],
                "path": [record_type.path],
                "record_id": [str(secrets.ids.get(record_type.name, 1))],
                "id": [str(secrets.ids.get(record_type.name, 1))],
                "customer_id": [str(secrets.ids["customer"])],
                "interaction_id": [str(secrets.ids["interaction"])],
                "order_id": [str(secrets.ids["order"])],
            }
            found.extend((place.pattern, place.path) for place in filled(route, values))
    return sorted(set(found))
