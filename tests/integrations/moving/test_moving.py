"""Moving in from files of no known program, and of known ones: plan, people, own fields, dry run, pause, back."""

from __future__ import annotations

import argparse
import io
import json
import re
import zipfile

import pytest
from django.core.exceptions import PermissionDenied

from dangol.commerce.models import Order
from dangol.customers.models import Contact, Customer
from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.identity.models import User
from dangol.integrations.models import Move, MoveState
from dangol.integrations.moving import carrying, command, looking, recipes, services
from dangol.integrations.moving.expressions import columns_of, fitted
from dangol.integrations.moving.plans import plan_from_json
from dangol.records import registry
from dangol.records.importing import registry as mappings
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.mapping import read_mapping
from dangol.records.models import ImportRun, OwnField

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")

CUSTOMERS = "거래처번호,거래처명,전화,담당,영업등급\n" + "".join(
    f"C-{at},주식회사 가{at},02-123-{at:04},김영업,{'갑을병'[at % 3]}\n" for at in range(1, 25)
)
CONTACTS = "연락처번호,이름,소속,이메일\n" + "".join(
    f"P-{at},홍길동{at},C-{at},p{at}@old.example\n" for at in range(1, 25)
)
ORDERS = "주문번호,고객,주문일,문서 합계\n" + "".join(
    f"SO-{at},C-{at},2026-03-{at:02},{at * 1000}\n" for at in range(1, 25)
)


@pytest.fixture(autouse=True)
def _nothing_left_behind(db):
    """Own fields of one test are gone in the next, also from this process."""
    revisions.forget()
    revisions.look()
    yield
    revisions.forget()


@pytest.fixture
def folder(tmp_path):
    for name, text in (("3 orders.csv", ORDERS), ("2 people.csv", CONTACTS), ("1 customers.csv", CUSTOMERS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def planned(folder, **options):
    return services.move_create(actor=SYSTEM, files=looking.files_in(folder), **options)


def plan_of(move):
    return plan_from_json(Move.objects.get(pk=move.pk).plan)


def test_files_of_no_known_program_are_understood_by_columns_and_values(folder):
    move = planned(folder)
    plan = plan_of(move)
    assert move.recipe == ""
    assert [step.types for step in plan.steps] == [["customer"], ["contact"], ["order"]]
    contact = plan.steps[1].mapping["records"][0]["fields"]["customer"]
    assert contact == {"column": "소속", "lookup": "external_id"}
    assert plan.steps[2].mapping["records"][0]["fields"]["customer"]["lookup"] == "external_id"
    related = {(plan.files[one.file].name, one.column, one.share) for one in plan.relations}
    assert {("2 people.csv", "소속", 1.0), ("3 orders.csv", "고객", 1.0)} <= related


def test_the_whole_goes_in_and_comes_back(folder):
    move = planned(folder)
    told = carrying.rehearse(move, SYSTEM)
    assert told["state"] == "done", told
    assert not Customer.objects.exists()
    done = carrying.carry_out(move, SYSTEM)
    assert done.state == MoveState.FINISHED
    assert (Customer.objects.count(), Contact.objects.count(), Order.objects.count()) == (24, 24, 24)
    assert Contact.objects.get(external_id="P-7").customer.external_id == "C-7"
    (total,) = done.rehearsed["sums"][plan_of(done).steps[2].name]
    assert total["equal"]
    assert total["file"] == str(sum(at * 1000 for at in range(1, 25)))
    back = carrying.take_back(done, SYSTEM)
    assert back.state == MoveState.UNDONE
    assert not Customer.objects.exists()
    assert not Contact.objects.exists()


def test_a_dry_run_tells_what_would_not_go_in_and_why(folder):
    (folder / "2 people.csv").write_text(CONTACTS + "P-99,없는곳,C-99,x@old.example\n", encoding="utf-8")
    move = planned(folder)
    told = carrying.rehearse(move, SYSTEM)
    tried = told["steps"][plan_of(move).steps[1].name]
    assert (tried["rows"], tried["imported"], tried["rejected"]) == (25, 24, 1)
    assert tried["lost"] == {"소속": 1}
    assert tried["reasons"][0]["rows"] == 1


def test_owners_become_those_they_are_said_to_be(folder, insider, administrator):
    move = planned(folder)
    plan = plan_of(move)
    (person,) = plan.people
    assert (person.name, person.act) == ("김영업", "nobody")
    services.people_set(move=move, actor=administrator.actor, said={0: ("existing", insider.id)})
    done = carrying.carry_out(move, SYSTEM)
    assert done.state == MoveState.FINISHED
    assert set(Customer.objects.values_list("owner_id", flat=True)) == {insider.id}


def test_owners_whom_nobody_knows_stay_empty_and_lose_no_row(folder):
    done = carrying.carry_out(planned(folder), SYSTEM)
    assert Customer.objects.filter(owner=None).count() == 24
    assert not any(run.rejected for run in services.runs_of(done).values())


def test_accounts_come_from_a_file_of_users_and_some_stay_out(tmp_path, insider, administrator):
    (tmp_path / "User.csv").write_text(
        "Id,Username,Email,LastName,FirstName,IsActive\n"
        f"005A,a,{insider.user.email},김,지우,true\n005B,b,neu@old.example,박,서준,true\n005C,c,weg@old.example,최,나간,true\n",
        encoding="utf-8",
    )
    (tmp_path / "Account.csv").write_text(
        "Id,Name,Type,BillingCity,Phone,AccountNumber,Industry,OwnerId,IsDeleted\n"
        "001A,가나,Customer,Seoul,02-123-4567,1,IT,005A,0\n001B,다라,Prospect,Busan,,2,,005B,0\n"
        "001C,마바,,,,3,,005C,0\n001D,삭제,,,,4,,005A,1\n",
        encoding="utf-8",
    )
    move = planned(tmp_path)
    assert move.recipe == "salesforce"
    people = plan_of(move).people
    assert [(one.act, one.how) for one in people] == [("existing", "mail"), ("new", ""), ("new", "")]
    services.people_set(move=move, actor=administrator.actor, said={2: ("inactive", None)})
    done = carrying.carry_out(move, SYSTEM)
    assert done.state == MoveState.FINISHED, done.message
    assert User.objects.get(email="neu@old.example").is_active
    assert not User.objects.get(email="weg@old.example").is_active
    owners = dict(Customer.objects.values_list("external_id", "owner__email"))
    assert owners == {"001A": insider.user.email, "001B": "neu@old.example", "001C": "weg@old.example"}
    assert Customer.objects.get(external_id="001A").stage == "active"


def test_columns_without_place_become_own_fields_at_a_press(folder, administrator):
    move = planned(folder)
    proposed = {one.column: one for one in plan_of(move).fields}
    assert proposed["영업등급"].kind == "choice"
    assert proposed["영업등급"].choices == ["갑", "병", "을"]
    made = services.fields_make(
        move=move, actor=administrator.actor, columns=[(proposed["영업등급"].step, "영업등급")]
    )
    assert made == 1
    field = OwnField.objects.get(record_type="customer")
    assert field.label_ko == "영업등급"
    done = carrying.carry_out(move, SYSTEM)
    assert not any(run.rejected for run in services.runs_of(done).values())
    codes = {choice["code"] for choice in field.settings["choices"]}
    assert {own[field.name] for own in Customer.objects.values_list("own", flat=True)} == codes
    assert field.name in registry.get("customer").own_fields
    again = plan_of(planned(folder))
    assert "영업등급" not in {one.column for one in again.fields}
    assert field.name in again.steps[0].mapping["records"][0]["fields"]
    assert OwnField.objects.filter(record_type="customer").count() == 1


def test_a_move_rests_between_files_and_goes_on(folder, administrator):
    move = planned(folder)
    Move.objects.filter(pk=move.pk).update(state=MoveState.RUNNING)
    services.move_pause(move=move, actor=administrator.actor)
    resting = carrying.carry_out(move, SYSTEM)
    assert resting.state == MoveState.PAUSED
    assert not Customer.objects.exists()
    services.move_start(move=resting, actor=administrator.actor)
    done = carrying.carry_out(resting, SYSTEM)
    assert done.state == MoveState.FINISHED
    assert Customer.objects.count() == 24


def test_a_move_that_was_killed_goes_on_with_the_runs_it_has(folder):
    move = planned(folder)
    carrying.carry_out(move, SYSTEM)
    Move.objects.filter(pk=move.pk).update(state=MoveState.RUNNING)
    before = ImportRun.objects.count()
    again = carrying.carry_out(Move.objects.get(pk=move.pk), SYSTEM)
    assert again.state == MoveState.FINISHED
    assert ImportRun.objects.count() == before
    assert Customer.objects.count() == 24


def test_a_zip_is_a_heap_of_files_too(folder, tmp_path):
    packed = tmp_path / "all.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.glob("*.csv")):
            archive.write(path, f"export/{path.name}")
        archive.writestr("__MACOSX/._x.csv", b"nothing")
    files = looking.files_in(packed)
    assert [one.name for one in files] == ["1 customers.csv", "2 people.csv", "3 orders.csv"]
    assert all(one.stored and ".." not in str(one.path) for one in files)
    looking.forget(files)
    (tmp_path / "broken.zip").write_bytes(packed.read_bytes()[:200])
    assert (
        looking.files_in(tmp_path / "broken.zip")[0].name == "broken.zip"
    )  # read as a file, which says what is wrong


def test_a_file_that_nobody_understands_is_left_and_can_be_told(folder, administrator):
    (folder / "9 what.csv").write_text("aaa,bbb\n1,2\n", encoding="utf-8")
    (folder / "8 names.csv").write_text("xx,상호\n1,나무\n", encoding="utf-8")
    move = planned(folder)
    plan = plan_of(move)
    left = {plan.files[at].name: at for at in plan.left()}
    assert "9 what.csv" in left
    with pytest.raises(ImportProblem):
        services.file_set_type(
            move=move, actor=administrator.actor, file=left["9 what.csv"], record_type="customer"
        )
    place = [file.name for file in plan.files].index("8 names.csv")
    services.file_set_type(move=move, actor=administrator.actor, file=place, record_type="customer")
    step = next(step for step in plan_of(move).steps if step.file == place)
    assert step.types == ["customer"]
    assert step.why == "chosen"


def test_days_that_can_be_read_in_two_ways_are_left_out_unless_the_order_is_said(folder):
    days = re.sub(r"2026-03-(\d\d)", lambda found: f"03/{int(found[1]) % 12 + 1:02}/2026", ORDERS)
    (folder / "3 orders.csv").write_text(days, encoding="utf-8")
    step = plan_of(planned(folder)).steps[2]
    assert step.open == ["주문일"]
    step = plan_of(planned(folder, date_order="mdy")).steps[2]
    assert step.open == []
    assert step.mapping["records"][0]["fields"]["ordered_at"]["column"] == "주문일"


@pytest.mark.parametrize("recipe", recipes.all_recipes(), ids=lambda recipe: recipe.name)
def test_every_recipe_makes_mappings_that_can_be_read(recipe):
    for step in recipe.steps:
        whole = step.mapping_for(
            [*columns_of({"records": step.data.get("records", [])}), *step.columns, *_more(step)]
        )
        assert read_mapping(whole).records, step.name
        assert set(step.after) <= {other.name for other in recipe.steps}


def _more(step):
    name = step.data.get("mapping")
    return columns_of(mappings.get(name).data) if name else ()


def test_fields_whose_columns_are_not_there_are_left_out():
    mapping = {
        "records": [
            {
                "type": "customer",
                "key": ["external_id"],
                "fields": {"external_id": "Id", "name": "Name", "city": "City"},
            },
            {"type": "customer", "key": ["external_id"], "fields": {"external_id": "Nr", "name": "Name"}},
        ]
    }
    left = fitted(mapping, ["Id", "Name"])
    assert left["records"] == [
        {"type": "customer", "key": ["external_id"], "fields": {"external_id": "Id", "name": "Name"}}
    ]


def test_only_who_administers_moves_in(folder, insider):
    with pytest.raises(PermissionDenied):
        services.move_create(actor=insider.actor, files=looking.files_in(folder))
    move = planned(folder)
    for act in (services.move_start, services.move_rehearse, services.move_undo, services.move_remove):
        with pytest.raises(PermissionDenied):
            act(move=move, actor=insider.actor)
    assert insider.client.get("/moving/").status_code == 404
    assert insider.client.get(f"/moving/{move.key}/").status_code == 404
    assert Move.objects.get().state == MoveState.DRAFT


def test_from_upload_to_report_on_the_pages(folder, administrator):
    files = [io.BytesIO(path.read_bytes()) for path in sorted(folder.glob("*.csv"))]
    for file, path in zip(files, sorted(folder.glob("*.csv")), strict=True):
        file.name = path.name
    client = administrator.client
    answer = client.post("/moving/", {"files": files, "recipe": ""})
    assert answer.status_code == 302
    move = Move.objects.get()
    page = client.get(answer["Location"]).content.decode()
    assert "1 customers.csv" in page
    assert "영업등급" in page
    assert client.post(f"/moving/{move.key}/rehearse/").status_code == 302
    assert "hx-get" in client.get(f"/moving/{move.key}/").content.decode()
    carrying.rehearse(Move.objects.get(), administrator.actor)
    Move.objects.update(rehearsed={})
    assert client.post(f"/moving/{move.key}/start/").status_code == 302
    assert Move.objects.get().state == MoveState.WAITING
    assert client.get(f"/moving/{move.key}/progress/").status_code == 200
    carrying.carry_out(Move.objects.get(), administrator.actor)
    page = client.get(f"/moving/{move.key}/")
    assert page.context["totals"] == {"rows": 72, "imported": 72, "unchanged": 0, "rejected": 0}
    assert client.get(f"/moving/{move.key}/progress/").status_code == 204
    assert client.post(f"/moving/{move.key}/undo/").status_code == 302
    carrying.take_back(Move.objects.get(), administrator.actor)
    assert not Customer.objects.exists()
    assert client.post(f"/moving/{move.key}/remove/").status_code == 302
    assert not Move.objects.exists()


def test_nothing_uploaded_is_told(administrator):
    answer = administrator.client.post("/moving/", {"recipe": "zoho"})
    assert answer.status_code == 422
    assert not Move.objects.exists()


def test_the_command_tries_and_moves(folder, capsys):
    def called(**options):
        given = {
            "folder": folder,
            "recipe": "",
            "dates": "",
            "dry_run": False,
            "json": True,
            "user": None,
            **options,
        }
        code = command.run(argparse.Namespace(**given))
        out = capsys.readouterr().out
        return code, json.loads(out) if out else {}

    code, told = called(dry_run=True)
    assert code == 0
    assert told["dry_run"]
    assert [one["imported"] for one in told["steps"].values()] == [24, 24, 24]
    assert not Customer.objects.exists()
    assert not Move.objects.exists()
    code, told = called()
    assert code == 0
    assert [one["imported"] for one in told["steps"].values()] == [24, 24, 24]
    code, told = called()
    assert [one["unchanged"] for one in told["steps"].values()] == [24, 24, 24]
    assert called(recipe="nothing")[0] == 1
    assert called(folder=folder / "nowhere")[0] == 1
