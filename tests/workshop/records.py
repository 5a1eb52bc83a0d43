from dangol.records import fields
from dangol.records.registry import register
from dangol.records.search.keys import Code, CompanyName
from dangol.records.types import Inherited, RecordType, Section
from tests.workshop.models import Machine, Repair


@register
class MachineRecord(RecordType):
    name = "machine"
    path = "machines"
    label = "설비"
    label_plural = "설비"
    icon = "engine"
    department = "workshop"
    order = 800
    model = Machine
    list_fields = ("name", "code", "state", "price", "owner")
    sections = (
        Section(
            "기본",
            ("code", "name", "state", "price", "power", "installed_on", "checked_at", "is_leased", "remark"),
        ),
        Section("담당", ("owner", "team", "territory")),
    )
    kinds = {"price": fields.Money}
    keys = ("code",)
    search = (CompanyName("name"), Code("code"))
    cascade = ("repairs",)


@register
class RepairRecord(RecordType):
    name = "repair"
    path = "repairs"
    label = "수리"
    label_plural = "수리"
    model = Repair
    title = "title"
    list_fields = ("title", "machine", "cost")
    sections = (Section("기본", ("machine", "title", "cost")),)
    scope = Inherited(through="machine")
