"""The people whom the files name, and which users they are here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dangol.identity.models import User
from dangol.integrations.moving.expressions import plain_column, text_of
from dangol.integrations.moving.plans import Person, Plan, PlannedStep
from dangol.integrations.moving.relating import USERS
from dangol.records import registry
from dangol.records.fields import Reference

MOST_PEOPLE: Final = 2_000
EXISTING, NEW, INACTIVE, NOBODY = "existing", "new", "inactive", "nobody"
ACTS: Final = (EXISTING, NEW, INACTIVE, NOBODY)


def found(plan: Plan) -> list[Person]:
    """Everybody in files of users, and owners who stand in none. Two queries.

    Somebody with the address of a user is that user; somebody with just the name of one is proposed to be. Others of a
    file of users get an account, without password and role; owners who stand nowhere else are nobody.
    """
    people: dict[str, Person] = {}
    for step in plan.steps:
        if USERS in step.types:
            for person in _in_file(plan, step):
                people.setdefault(person.email or person.name, person)
    known = {
        value for person in people.values() for value in (person.email, person.name, person.number) if value
    }
    for value in _owners(plan):
        if value not in known and len(people) < MOST_PEOPLE:
            mail = value.casefold() if "@" in value else ""
            people.setdefault(value, Person(mail, value, act=NOBODY))
    users = list(User.objects.order_by("pk").values_list("pk", "email", "name"))
    by_mail = {email: pk for pk, email, _name in users}
    by_name: dict[str, list[int]] = {}
    for pk, _email, name in users:
        by_name.setdefault(name, []).append(pk)
    for person in people.values():
        if person.email in by_mail:
            person.act, person.user, person.how = EXISTING, by_mail[person.email], "mail"
        elif len(by_name.get(person.name, ())) == 1:
            person.act, person.user, person.how = EXISTING, by_name[person.name][0], "name"
    return list(people.values())


def _in_file(plan: Plan, step: PlannedStep) -> Iterable[Person]:
    fields = step.mapping["records"][0]["fields"]
    for row in plan.files[step.file].looked().rows(MOST_PEOPLE):
        email = text_of(fields.get("email"), row).casefold()
        if email:
            yield Person(email, text_of(fields.get("name"), row), text_of(fields.get("external_id"), row))


def _owners(plan: Plan) -> list[str]:
    """The different values of all columns that name people, in order."""
    values: dict[str, None] = {}
    for step in plan.steps:
        if USERS in step.types:
            continue
        for column in _columns(step):
            values.update(dict.fromkeys(sorted(plan.files[step.file].looked().values(column))))
    return list(values)


def _columns(step: PlannedStep) -> list[str]:
    return [column for _record, _name, column in _places(step.mapping)]


def _places(mapping: Mapping[str, Any]) -> list[tuple[dict[str, Any], str, str]]:
    """Where a mapping takes people from a column: the record, the field, the column."""
    places = []
    for record in mapping.get("records", ()):
        record_type = registry.get(record["type"])
        for name, expression in record.get("fields", {}).items():
            known = record_type.fields.get(name)
            column = plain_column(expression)
            if isinstance(known, Reference) and known.person and column:
                places.append((record, name, column))
    return places


def applied(mapping: Mapping[str, Any], step: PlannedStep, plan: Plan) -> dict[str, Any]:
    """The step's mapping with the people put in whom they were said to be. One query.

    People are then found by address, which no two share. A value that stands for nobody leaves the field empty.
    """
    records = [{**record, "fields": dict(record.get("fields", {}))} for record in mapping["records"]]
    done = {**mapping, "records": records}
    if USERS in step.types:
        _accounts(records[0], plan.people)
        return done
    places = _places(done)
    if not places:
        return done
    mails = dict(
        User.objects.filter(pk__in=[one.user for one in plan.people if one.user]).values_list("pk", "email")
    )
    addresses: dict[str, str | None] = {}
    for person in plan.people:
        address = mails.get(person.user or 0) if person.act == EXISTING else person.email or None
        if person.act == NOBODY:
            address = None
        for value in (person.email, person.number, person.name):
            if value:
                addresses.setdefault(value, address)
    for record, name, column in places:
        record["fields"][name] = {
            "column": column,
            "lookup": "email",
            "unmatched": "empty",
            "transform": [{"choices": {**addresses, "*": None}}],
        }
    return done


def _accounts(record: dict[str, Any], people: Sequence[Person]) -> None:
    """Accounts for the new ones only; those who are to stay out are made inactive."""
    column = plain_column(record["fields"]["email"])
    away = sorted(one.email for one in people if one.act in (EXISTING, NOBODY))
    inactive = sorted(one.email for one in people if one.act == INACTIVE)
    if column and away:
        passed = {"not": {"column": column, "transform": ["lower"], "in": away}}
        record["when"] = {"all": [record["when"], passed]} if "when" in record else passed
    if column and inactive:
        usual = record["fields"].get("is_active", {"constant": True})
        if "constant" in usual or "column" in usual:
            first = {"when": {"column": column, "transform": ["lower"], "in": inactive}, "constant": False}
            record["fields"]["is_active"] = {"first": [first, usual]}
