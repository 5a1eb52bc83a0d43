"""Which tables of this room name records, and which only seem to; the other rooms say it of theirs."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import ports, tombstones, writing
from dangol.records import registry as types
from dangol.records.merging import acts
from dangol.records.merging.definitions import OwnDefinitions
from dangol.records.merging.errors import refusal
from dangol.records.merging.filters import KeptFilters
from dangol.records.merging.registry import also_move, pair, stays
from dangol.records.models import RetentionRule, SavedView
from dangol.records.openapi import merging as openapi

PAST = "tells what happened then"
DERIVED = "computed anew from the records themselves"


def register() -> None:
    """Said once, while the project starts."""
    pair("records_attachment")
    pair("records_taglink")
    pair("records_merged", id_column="into_id")
    also_move(
        "saved_views",
        KeptFilters(SavedView, "state", key="filter", of=lambda view: view.record_type),
        "records_savedview.state",
    )
    also_move(
        "retention_rules",
        KeptFilters(RetentionRule, "filter", of=lambda rule: rule.record_type),
        "records_retentionrule.filter",
    )
    also_move(
        "own_fields",
        OwnDefinitions(),
        *(f"records_own_field.{column}" for column in ("condition", "default", "settings")),
    )
    for column, reason in (
        # Of rooms below this one, which know nothing of merges.
        ("events_event.payload", PAST),
        ("identity_access_change.changes", PAST),
        ("identity_access_change.target_id", "a role, team or user"),
        (
            "records_change.record_id",
            "history stays with the row it tells of; the survivor's page reads it along",
        ),
        ("records_change.actor_id", "a user"),
        ("records_change.changes", PAST),
        ("records_bulkrefusal.record_id", PAST),
        ("records_merge.into_id", PAST),
        ("records_merged.record_id", "the merged record itself"),
        ("records_mergemove.from_id", PAST),
        ("records_mergemove.to_id", PAST),
        ("records_mergemove.memory", PAST),
        ("records_merge.choices", PAST),
        ("records_merge.written", PAST),
        ("records_merge.keys", PAST),
        ("records_merge.counts", PAST),
        ("records_merge.undone", PAST),
        ("records_look.user_id", "a user; the log of looks never changes"),
        ("records_lookseal.first_id", "a line of the log"),
        ("records_lookseal.last_id", "a line of the log"),
        ("records_lookreview.figures", PAST),
        ("records_erasure.record_id", "a certificate: nothing is left that could move"),
        ("records_erasure.counts", PAST),
        ("records_erasure.kept", PAST),
        ("records_matching_rule.fields", "names of fields"),
        ("records_matching_rule.merge_same", "names of fields"),
        ("records_matching_rule.model", "weights of fields"),
        ("records_duplicate_pair.evidence", "how the two compared"),
        ("records_roll_up_value.record_id", DERIVED),
        ("records_roll_up_value.field_id", "an own field"),
        ("records_roll_up_check.field_id", "an own field"),
        ("records_searchentry.record_id", DERIVED),
        ("records_searchentry.token_id", "a word of the dictionary"),
        ("records_searchidentifier.record_id", DERIVED),
        ("records_searchscope.record_id", DERIVED),
        ("records_searchscope.owner_id", DERIVED),
        ("records_searchscope.team_id", DERIVED),
        ("records_searchscope.territory_id", DERIVED),
    ):
        stays(column, reason)
    for column in (
        "records_bulkchunk.deleted",
        "records_bulkchunk.restored",
        "records_bulkchunk.updated",
        "records_bulkrun.others",
        "records_bulkrun.record_types",
        "records_bulkrun.selection",
        "records_bulkrun.settings",
        "records_bulkrun.undone",
        "records_exportrun.columns",
        "records_exportrun.filter",
        "records_exportrun.losses",
        "records_exportrun.sort",
        "records_idempotencykey.headers",
        "records_importchunk.created",
        "records_importchunk.updated",
        "records_importrun.choices",
        "records_importrun.created",
        "records_importrun.mapping",
        "records_importrun.record_types",
        "records_importrun.rehearsed",
        "records_importrun.repeats",
        "records_importrun.undone",
        "records_importrun.updated",
    ):
        stays(column, PAST)
    for column, reason in (
        ("records_importmemory.use", "columns of files and fields, no records"),
        ("records_importschedulefile.tags", "what a web server says of a file"),
        ("records_layout.hidden", "names of fields"),
        ("records_layout.sections", "names of fields"),
        ("records_savedmapping.choices", "columns of files and fields; a key in it leads to the survivor"),
        ("records_savedmapping.mapping", "columns of files and fields; a key in it leads to the survivor"),
        ("records_savedmapping.record_types", "names of types"),
    ):
        stays(column, reason)
    writing.also_remove(tombstones.forget)
    openapi.describe()
    ports.set_merging(_merge)


def _merge(*, actor: Actor, type_key: str, into: int, others: Sequence[int]) -> None:
    """The port: see `ports.Merging`."""
    record_type = types.find(type_key)
    if record_type is None:
        raise refusal("type", _("There is no such record type."))
    acts.merge(actor=actor, record_type=record_type, into=into, others=others, origin="matching")
