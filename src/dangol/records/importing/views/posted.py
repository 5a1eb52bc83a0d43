"""The choices of the mapping page as its form sends them."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from django.http import QueryDict

from dangol.identity.actors import Actor
from dangol.records.importing.choices import Choices, Part, fitted, key_choices, linkable
from dangol.records.importing.columns import FOUND_BY, MARKS, ORDERS, guessed_part, sample_rows
from dangol.records.importing.guessing import ColumnChoice, likely_types
from dangol.records.importing.readers import SourceDescription, SourceOptions, describe
from dangol.records.models import ImportRun
from dangol.records.types import RecordType

MOST_PARTS = 8
EXISTING = ("update", "keep", "reject")
REPEATED = ("update", "keep", "reject")
SIMILAR = ("ignore", "queue", "reject")
MISSING = ("create", "reject", "skip")


def described(run: ImportRun, options: SourceOptions) -> SourceDescription:
    """What the file holds. Raises SourceProblem."""
    return _described(run.path, options)


@lru_cache(maxsize=16)
def _described(path: str, options: SourceOptions) -> SourceDescription:
    """Remembered in this process, since every change on the page asks again. An upload never changes its content."""
    return describe(Path(path), options)


def posted(
    post: QueryDict, run: ImportRun, types: Sequence[RecordType], actor: Actor
) -> tuple[Choices, SourceDescription]:
    """The choices as the form sends them. Unknown values are passed over, as if nothing had been chosen.

    Args:
        actor: in whose eyes columns are guessed that nobody has chosen for.
    """
    source = _posted_source(post)
    description = described(run, source)
    allowed = {known.name: known for known in types}
    parts: list[Part] = []
    said = post.get("parts", "")
    count = int(said) if said.isdecimal() and len(said) < 4 else 0
    for place in range(min(count, MOST_PARTS)):
        record_type = allowed.get(post.get(f"p{place}-type", ""), types[0])
        if record_type.name != post.get(f"p{place}-was"):
            parts.append(guessed_part(record_type, description, actor))
        else:
            parts.append(_posted_part(post, place, record_type, description, actor))
    if not parts:
        parts.append(guessed_part(types[0], description, actor))
    parts = [_linked(part, _posted_links(post, place, parts)) for place, part in enumerate(parts)]
    action = post.get("action", "")
    if action == "add" and len(parts) < MOST_PARTS:
        parts = _with_another(parts, types, description, actor)
    elif action.startswith("drop-") and len(parts) > 1:
        parts = _without(parts, action.removeprefix("drop-"))
    return fitted(Choices(source, tuple(parts)), description.header), description


def _posted_source(post: QueryDict) -> SourceOptions:
    def said(name: str) -> str | None:
        return post.get(f"source-{name}") or None

    header = said("header")
    return SourceOptions(
        encoding=said("encoding"),
        delimiter=said("delimiter"),
        sheet=said("sheet"),
        member=said("member"),
        header=int(header) if header in ("0", "1", "2") else None,
    )


def _posted_part(
    post: QueryDict,
    place: int,
    record_type: RecordType,
    description: SourceDescription,
    actor: Actor,
) -> Part:
    names = {at: post.get(f"column-{at}") for at in range(len(description.header))}
    uses = []
    for at, column in enumerate(description.header):
        if names[at] != column:
            # Read in another way, the file has other columns: these are guessed anew.
            return guessed_part(record_type, description, actor)
        name, _found, lookup = post.get(f"p{place}-f{at}", "").partition(FOUND_BY)
        if name not in record_type.editable_fields:
            continue
        order, mark = post.get(f"p{place}-o{at}", ""), post.get(f"p{place}-d{at}", "")
        uses.append(
            ColumnChoice(
                column=column,
                field=name,
                lookup=lookup,
                make=bool(lookup) and post.get(f"p{place}-m{at}") == "on",
                order=order if order in dict(ORDERS) else "",
                mark=mark if mark in dict(MARKS) else "",
            )
        )
    existing, missing = post.get(f"p{place}-existing", ""), post.get(f"p{place}-missing", "")
    repeated, similar = post.get(f"p{place}-repeated", ""), post.get(f"p{place}-similar", "")
    return Part(
        type=record_type.name,
        columns=tuple(uses),
        key=post.get(f"p{place}-key", ""),
        existing=existing if existing in EXISTING else "update",
        missing=missing if missing in MISSING else "create",
        repeated=repeated if repeated in REPEATED else "update",
        similar=similar if similar in SIMILAR and record_type.matching else "ignore",
    )


def _posted_links(post: QueryDict, place: int, parts: Sequence[Part]) -> dict[str, int]:
    links = {}
    for name, places in linkable(parts, place).items():
        said = post.get(f"p{place}-l-{name}")
        if said is not None and said.isdecimal() and int(said) in places:
            links[name] = int(said)
    return links


def _linked(part: Part, links: AnyMapping[str, int]) -> Part:
    """The part with these links; a reference that points at the same row takes no column."""
    if not links:
        return replace(part, links={})
    return replace(
        part, links=dict(links), columns=tuple(use for use in part.columns if use.field not in links)
    )


def _with_another(
    parts: Sequence[Part], types: Sequence[RecordType], description: SourceDescription, actor: Actor
) -> list[Part]:
    """One more record of the same rows, with its columns guessed and linked with the others where it can be.

    Types that one of the others points at come first, then those that point at one of them; among these the one that
    the columns look like most.
    """
    present = {part.type for part in parts}
    fresh = [known for known in types if known.name not in present]
    pointed = {
        known.target for part in parts for known in part.record_type.editable_fields.values() if known.target
    }
    near = [known for known in fresh if known.name in pointed]
    near = near or [known for known in fresh if any(known.reference_to(name) for name in present)] or fresh
    likely = likely_types(description.header, sample_rows(description), near)
    record_type = likely[0][0] if likely else (near or list(types))[0]
    made = [*parts, guessed_part(record_type, description, actor)]
    last = len(made) - 1
    for place, part in enumerate(made):
        links = {
            name: places[-1]
            for name, places in linkable(made, place).items()
            if name not in part.links and (place == last or last in places)
        }
        if links:
            made[place] = _linked(part, {**part.links, **links})
    keys = key_choices(made[last])
    if keys and not made[last].key:
        made[last] = replace(made[last], key=keys[0][0])
    return made


def _without(parts: Sequence[Part], place: str) -> list[Part]:
    """The parts without one; links to it go, links to later ones move up."""
    if not place.isdecimal() or int(place) >= len(parts):
        return list(parts)
    gone = int(place)
    return [
        replace(
            part,
            links={name: target - (target > gone) for name, target in part.links.items() if target != gone},
        )
        for at, part in enumerate(parts)
        if at != gone
    ]
