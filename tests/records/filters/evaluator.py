"""The language once more, in plain Python over dicts: what the compiler is held against."""

from __future__ import annotations

import operator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dangol.records.filters.tree import All, And, Any, Compare, Count, NoneOf, Not, Or, Relative
from tests.records.filters import lab

ORDER = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
LINKS = {
    ("company", "deals"): "company_id",
    ("company", "branches"): "parent_id",
    ("deal", "items"): "deal_id",
}
ZONE = ZoneInfo("Asia/Seoul")


class World:
    """Rows by record type, each with its id; `secret` rows may not be looked into when `guarded`."""

    def __init__(self, rows, now, *, guarded, me):
        self.rows = rows
        self.now = now
        self.guarded = guarded
        self.me = me

    def seen(self, name, row):
        return not (self.guarded and row.get("secret"))

    def holds(self, tree, name, row):
        match tree:
            case And(nodes):
                return all(self.holds(node, name, row) for node in nodes)
            case Or(nodes):
                return any(self.holds(node, name, row) for node in nodes)
            case Not(node):
                return not self.holds(node, name, row)
            case Compare(path, op, value):
                return self.compare(path, op, value, name, row)
            case Any(path, where):
                return any(self.related(path, where, name, row))
            case NoneOf(path, where):
                return not any(self.related(path, where, name, row))
            case All(path, where):
                return all(self.related(path, where, name, row))
            case Count(path, op, value, where):
                return ORDER[op](sum(self.related(path, where, name, row)), value)
        raise AssertionError(tree)

    def go(self, path, name, row):
        """Walk all but the last part; None where it leads nowhere visible."""
        for part in path[:-1]:
            target = lab.TYPES[name].fields[part].target
            row = self.rows[target].get(row[part if part.startswith("x_") else f"{part}_id"]) if row else None
            if row is not None and not self.seen(target, row):
                row = None
            name = target
        return name, row

    def related(self, path, where, name, row):
        name, row = self.go(path, name, row)
        if row is None:
            return
        if (name, path[-1]) == ("company", "sold"):
            mine = {deal["id"] for deal in self.rows["deal"].values() if deal["company_id"] == row["id"]}
            found, target = [item for item in self.rows["item"].values() if item["deal_id"] in mine], "item"
        else:
            target = lab.TYPES[name].relations[path[-1]].target
            link = LINKS[name, path[-1]]
            found = [other for other in self.rows[target].values() if other[link] == row["id"]]
        for other in found:
            if self.seen(target, other):
                yield self.holds(where, target, other)

    def compare(self, path, op, value, name, row):
        name, row = self.go(path, name, row)
        field = lab.TYPES[name].fields[path[-1]]
        column = f"{field.column}_id" if field.kind == "reference" else field.column
        if field.name.startswith("x_"):
            column = field.name
        held = None if row is None else row[column]
        if row is not None and field.name == "x_vip":
            held = bool(held)  # what nobody answered is no
        if op == "is empty":
            return held is None or held == ""
        if op == "is not empty":
            return not (held is None or held == "")
        if op in ("!=", "not in", "not contains"):
            return not self.compare_held(held, {"!=": "=", "not in": "in"}.get(op, "contains"), value)
        return self.compare_held(held, op, value)

    def compare_held(self, held, op, value):
        if held is None:
            return False
        if isinstance(held, tuple) and op != "in":
            return value in held
        match op:
            case "in":
                return any(self.compare_held(held, "=", item) for item in value)
            case "between":
                return self.compare_held(held, ">=", value[0]) and self.compare_held(held, "<=", value[1])
            case "contains":
                return value.casefold() in held.casefold()
            case "starts with":
                return held.casefold().startswith(value.casefold())
            case "ends with":
                return held.casefold().endswith(value.casefold())
        if value == Relative("me"):
            value = self.me
        first, last = self.reach(held, value)
        if first == last:
            return ORDER[op](held, first)
        return {
            "=": first <= held < last,
            "<": held < first,
            "<=": held < last,
            ">": held >= last,
            ">=": held >= first,
        }[op]

    def reach(self, held, value):
        """First and first-after of what a value covers, written out by hand for the words the tests use."""
        today = self.now.astimezone(ZONE).date()
        if isinstance(value, Relative) and value.name == "now":
            moment = (
                self.now
                + {"": timedelta(), "-90min": timedelta(minutes=-90), "+12h": timedelta(hours=12)}[
                    value.offset
                ]
            )
            return moment, moment
        if isinstance(value, Relative):
            assert today == date(2026, 11, 21)
            first, after = {
                Relative("today"): ("2026-11-21", "2026-11-22"),
                Relative("yesterday"): ("2026-11-20", "2026-11-21"),
                Relative("this_week"): ("2026-11-16", "2026-11-23"),
                Relative("this_month"): ("2026-11-01", "2026-12-01"),
                Relative("last_month"): ("2026-10-01", "2026-11-01"),
                Relative("this_year"): ("2026-01-01", "2027-01-01"),
                Relative("today", "-5d"): ("2026-11-16", "2026-11-17"),
                Relative("today", "+1d"): ("2026-11-22", "2026-11-23"),
                Relative("this_month", "-1mo"): ("2026-10-01", "2026-11-01"),
                Relative("today", "-1w"): ("2026-11-14", "2026-11-15"),
            }[value]
            first, after = date.fromisoformat(first), date.fromisoformat(after)
        elif isinstance(value, date) and not isinstance(value, datetime):
            first, after = value, value + timedelta(days=1)
        else:
            return value, value
        if isinstance(held, datetime):
            return self.local(first), self.local(after)
        return first, after

    @staticmethod
    def local(day):
        return datetime(day.year, day.month, day.day, tzinfo=ZONE)
