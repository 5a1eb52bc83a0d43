"""Making the plan of a move from its files: what each is, what belongs together, what comes first."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.integrations.moving import people, proposing, recipes, relating
from dangol.integrations.moving.expressions import columns_of
from dangol.integrations.moving.looking import Given, Looked, look
from dangol.integrations.moving.plans import FoundRelation, Plan, PlannedFile, PlannedStep
from dangol.records import registry
from dangol.records.fields import Reference
from dangol.records.importing import runs
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.guessing import guess, likely_types
from dangol.records.importing.guessing.choices import ColumnChoice, record_of
from dangol.records.importing.guessing.columns import LOOKED_AT as MOST_VALUES
from dangol.records.importing.guessing.columns import columns_of as content_of
from dangol.records.importing.mapping import read_mapping
from dangol.records.types import RecordType

LEAST_LIKELY: Final = 0.2
BY_NAME, BY_RELATION = 1.3, 1.6
"""How much likelier a type is for a file that is called like it, or refers to what the type refers to."""
NUMBER: Final = "external_id"
"""The field of most types that keeps the number of another program."""
_IS_NUMBER = re.compile(r"(?=.*[0-9])[A-Za-z0-9._/-]{1,64}", re.ASCII)
RECIPE, COLUMNS, CHOSEN = "recipe", "columns", "chosen"
AUTOMATIC, NONE = "", "none"
"""For the recipe: the likeliest one; none at all."""


def plan_of(
    given: Sequence[Given], *, actor: Actor, recipe: str = AUTOMATIC, date_order: str = ""
) -> tuple[Plan, str]:
    """Look at all files and make a plan of them.

    Args:
        recipe: its name; `none` to go by the columns alone.
        date_order: how days such as 03/04/2021 are meant where a column leaves it open: dmy, mdy, ymd.

    Returns:
        The plan, and the name of the recipe it follows ("" for none).

    Raises:
        ImportProblem: there is no such recipe, or no file.
    """
    if not given:
        raise ImportProblem(_("Choose at least one file."))
    files = [look(one) for one in given]
    chosen = recipes.named(recipe) if recipe not in (AUTOMATIC, NONE) else None
    if chosen is None and recipe not in (AUTOMATIC, NONE):
        names = ", ".join(one.name for one in recipes.all_recipes())
        raise ImportProblem(
            _("There is no recipe “%(name)s”. There are: %(names)s.") % {"name": recipe, "names": names}
        )
    if recipe == AUTOMATIC:
        chosen = recipes.likeliest([(file.name, file.header) for file in files if not file.problem])
    plan = Plan(files=[_planned(file) for file in files], date_order=date_order)
    types = runs.importable_types(actor)
    steps = _by_recipe(chosen, files) if chosen else []
    taken = {step.file for step in steps}
    likely: dict[int, list[tuple[RecordType, float]]] = {}
    steps += [
        step
        for at, file in enumerate(files)
        if at not in taken
        and not file.problem
        and not (chosen and chosen.passes(file.name))
        and (step := _by_columns(at, file, types, date_order, likely))
    ]
    plan.relations = relating.relations(files, relating.key_columns(steps))
    _think_again(plan.relations, files, steps, likely, date_order)
    for step in steps:
        if step.why == COLUMNS:
            _point(step, files[step.file], plan.relations, steps)
    plan.steps = relating.in_order(steps)
    _leave_out(plan, types)
    plan.people = people.found(plan)
    plan.fields = proposing.proposals(plan.steps, files)
    return plan, chosen.name if chosen else ""


def step_for(plan: Plan, file: int, type_name: str, *, actor: Actor) -> None:
    """Say what a file holds that nobody understood: a step by its columns takes its place in the order.

    Raises:
        ImportProblem: no column is named like a field of the type, or the actor may not import it.
    """
    record_type = next((one for one in runs.importable_types(actor) if one.name == type_name), None)
    if record_type is None:
        raise ImportProblem(_("You may not import records of this type."))
    looked = look(_given(plan.files[file]))
    step = _guessed(file, looked, record_type, plan.date_order, CHOSEN)
    if step is None:
        raise ImportProblem(
            _("No column of %(file)s is named like a field of %(type)s.")
            % {"file": looked.name, "type": record_type.label_plural}
        )
    plan.steps = relating.in_order([*(one for one in plan.steps if one.file != file), step])
    files = [look(_given(one)) for one in plan.files]
    plan.relations = relating.relations(files, relating.key_columns(plan.steps))
    _point(step, looked, plan.relations, plan.steps)
    made = {(one.step, one.column): one for one in plan.fields if one.made}
    plan.fields = [made.get((one.step, one.column), one) for one in proposing.proposals(plan.steps, files)]


def _given(file: PlannedFile) -> Given:
    looked = file.looked()
    return Given(looked.name, looked.path, looked.stored)


def _planned(file: Looked) -> PlannedFile:
    source = {name: value for name, value in asdict(file.options).items() if value is not None}
    return PlannedFile(
        file.name, str(file.path), file.stored, file.size, file.sha256, file.header, source, file.problem
    )


def _by_recipe(recipe: recipes.Recipe, files: Sequence[Looked]) -> list[PlannedStep]:
    """The steps of the recipe for these files, in its order. Of two files for one step, each gets one."""
    found: list[tuple[int, PlannedStep]] = []
    places = {step.name: at for at, step in enumerate(recipe.steps)}
    for at, file in enumerate(files):
        if file.problem:
            continue
        for step, worth in recipe.steps_for(file.name, file.header):
            mapping = step.mapping_for(file.header)
            if not mapping["records"]:
                continue
            read = read_mapping(mapping)
            used = columns_of(mapping)
            found.append(
                (
                    places[step.name],
                    PlannedStep(
                        name=step.name,
                        file=at,
                        types=read.types,
                        mapping=mapping,
                        why=RECIPE,
                        likeness=round(worth, 2),
                        unused=[column for column in file.header if column and column not in used],
                        after=list(step.after),
                    ),
                )
            )
    found.sort(key=lambda item: item[0])
    return _named_once([step for _place, step in found])


def _named_once(steps: list[PlannedStep]) -> list[PlannedStep]:
    seen: set[str] = set()
    for step in steps:
        name, number = step.name, 2
        while step.name in seen:
            step.name, number = f"{name}-{number}", number + 1
        seen.add(step.name)
    return steps


def _by_columns(
    at: int,
    file: Looked,
    types: Sequence[RecordType],
    order: str,
    likely: dict[int, list[tuple[RecordType, float]]],
) -> PlannedStep | None:
    """What a file holds by its columns and its name; None where nothing is likely enough. Keeps what else it could be."""
    found = [
        (record_type, worth * (BY_NAME if _is_called(file.name, record_type) else 1))
        for record_type, worth in likely_types(file.header, file.sample, types)
    ]
    found.sort(key=lambda item: -item[1])
    if not found or found[0][1] < LEAST_LIKELY:
        return None
    likely[at] = found
    return _guessed(at, file, found[0][0], order, COLUMNS, min(found[0][1], 1.0))


def _is_called(file_name: str, record_type: RecordType) -> bool:
    """Whether a file is called like the records of a type, in any language."""
    stem = Path(file_name).stem.casefold()
    names = {record_type.name, record_type.path}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            names |= {str(record_type.label), str(record_type.label_plural)}
    return any(name.casefold() in stem for name in names)


def _think_again(
    relations: Sequence[FoundRelation],
    files: Sequence[Looked],
    steps: list[PlannedStep],
    likely: Mapping[int, list[tuple[RecordType, float]]],
    order: str,
) -> None:
    """What a file refers to says what it holds: people of accounts are contacts, whatever their columns are called."""
    types = {step.file: step.types[0] for step in steps if step.types}
    for place, step in enumerate(steps):
        if step.why != COLUMNS:
            continue
        targets = {types[one.to_file] for one in relations if one.file == step.file and one.to_file in types}
        weighed = [
            (record_type, worth * (BY_RELATION if _refers(record_type, targets) else 1))
            for record_type, worth in likely[step.file]
        ]
        best, worth = max(weighed, key=lambda item: item[1])
        if best.name != step.types[0]:
            better = _guessed(step.file, files[step.file], best, order, COLUMNS, min(worth, 1.0))
            steps[place] = better or step


def _refers(record_type: RecordType, targets: Collection[str]) -> bool:
    """Whether records of the type point at records of another of these types."""
    return any(
        isinstance(known, Reference) and known.target in targets and known.target != record_type.name
        for known in record_type.editable_fields.values()
    )


def _guessed(
    at: int,
    file: Looked,
    record_type: RecordType,
    order: str,
    why: str,
    likeness: float = 0.0,
) -> PlannedStep | None:
    found = guess(record_type, file.header, file.sample, source=file.options)
    answers = {
        question.column: order
        for question in found.questions
        if order and order in [answer for answer, _meant in question.choices]
    }
    if answers:
        found = guess(record_type, file.header, file.sample, source=file.options, answers=answers)
    if found.mapping is None:
        return None
    data = _with_key(found.mapping.data, file, record_type, found.unused)
    unused = [column for column in found.unused if column not in columns_of(data)]
    open_ = [question.column for question in found.questions]
    name = f"{record_type.path}-{at + 1}"
    return PlannedStep(
        name=name,
        file=at,
        types=[record_type.name],
        mapping={**data, "name": f"move:{name}"},
        why=why,
        likeness=likeness,
        unused=[*unused, *open_],
        open=open_,
    )


def _with_key(
    data: Mapping[str, Any], file: Looked, record_type: RecordType, unused: Sequence[str]
) -> Mapping[str, Any]:
    """The mapping with a key, where it has none: the first column without place that looks like numbers of records.

    Without one, the same file would come in twice, and nothing could point at its records.
    """
    (record,) = data["records"]
    if record.get("key") or NUMBER not in record_type.keys or NUMBER not in record_type.editable_fields:
        return data
    for column in content_of(file.header, file.sample):
        is_full = len(column.values) == min(len(file.sample), MOST_VALUES)
        if (
            column.name in unused
            and column.usable
            and is_full
            and all(map(_IS_NUMBER.fullmatch, column.values))
        ):
            fields = {**record["fields"], NUMBER: {"column": column.name}}
            return {**data, "records": [{**record, "key": [NUMBER], "fields": fields}]}
    return data


def _point(
    step: PlannedStep, file: Looked, relations: Sequence[FoundRelation], steps: Sequence[PlannedStep]
) -> None:
    """Let references go by what was measured: a column whose values stand in another file's key column points there."""
    record = step.mapping["records"][0]
    record_type = registry.get(record["type"])
    for relation in relations:
        if relation.file != step.file:
            continue
        for other in steps:
            if other.file != relation.to_file or not other.types:
                continue
            target = other.types[0]
            lookup = _field_of(other.mapping, relation.to_column)
            reference = next(
                (
                    name
                    for name, known in record_type.editable_fields.items()
                    if isinstance(known, Reference) and known.target == target
                ),
                "",
            )
            if not reference or not lookup:
                continue
            current = record["fields"].get(reference)
            if current is not None and current.get("column") != relation.column:
                continue  # another column goes there already
            made = record_of(record_type, [ColumnChoice(relation.column, reference, lookup)], key="")
            for name, value in list(record["fields"].items()):
                if value.get("column") == relation.column and name not in (reference, *record.get("key", ())):
                    del record["fields"][name]
            record["fields"][reference] = made["fields"][reference]
            step.unused = [column for column in step.unused if column != relation.column]
            break


def _field_of(mapping: Mapping[str, Any], column: str) -> str:
    """The key field that a column goes into."""
    record = mapping["records"][0]
    keys = registry.get(record["type"]).keys
    for name, value in record["fields"].items():
        if name in keys and (
            value == column or (isinstance(value, Mapping) and value.get("column") == column)
        ):
            return str(name)
    return ""


def _leave_out(plan: Plan, types: Sequence[RecordType]) -> None:
    """Pass over steps that write what the actor may not import; the page says so."""
    allowed = {record_type.name for record_type in types}
    for step in plan.steps:
        step.skip = not set(step.types) <= allowed
