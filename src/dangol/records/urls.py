"""Pages that every record type has. They catch `/<type>/`, so they come last in the project."""

from django.urls import include, path, register_converter

from dangol.records import registry
from dangol.records.exporting.views import export
from dangol.records.types import RecordType
from dangol.records.views import (
    bins,
    boards,
    calendars,
    cells,
    details,
    forms,
    grouped,
    lists,
    palette,
    saved,
)

app_name = "records"


class RecordTypeConverter:
    """`customers` in an address ⇄ the record type. An unknown path does not match, so other routes get their turn."""

    regex = "[a-z][a-z0-9-]*"

    def to_python(self, value: str) -> RecordType:
        found = registry.by_path(value)
        if found is None:
            raise ValueError(value)
        return found

    def to_url(self, value: RecordType | str) -> str:
        return value if isinstance(value, str) else value.path


register_converter(RecordTypeConverter, "record_type")

_record = [
    path("", details.detail, name="detail"),
    path("edit/", forms.edit, name="edit"),
    path("delete/", bins.delete, name="delete"),
    path("restore/", bins.restore, name="restore"),
    path("history/", details.history, name="history"),
    path("cell/<str:field>/", cells.cell, name="cell"),
]

urlpatterns = [
    path("api/v1/", include("dangol.records.api")),
    path("search/", palette.palette, name="palette"),
    path("lookup/<slug:target>/", palette.lookup, name="lookup"),
    path("<record_type:record_type>/", lists.index, name="list"),
    path("<record_type:record_type>/count/", lists.count, name="count"),
    path("<record_type:record_type>/suggest/", lists.suggest, name="suggest"),
    path("<record_type:record_type>/views/", saved.keep, name="view-keep"),
    path("<record_type:record_type>/views/<int:view_id>/", saved.change, name="view-change"),
    path("<record_type:record_type>/groups/", grouped.index, name="groups"),
    path("<record_type:record_type>/board/cards/", boards.cards, name="board-cards"),
    path("<record_type:record_type>/board/totals/", boards.totals, name="board-totals"),
    path("<record_type:record_type>/board/move/", boards.move, name="board-move"),
    path("<record_type:record_type>/calendar/", calendars.index, name="calendar"),
    path("<record_type:record_type>/calendar/move/", calendars.move, name="calendar-move"),
    path("<record_type:record_type>/new/", forms.new, name="new"),
    path("<record_type:record_type>/shown/", forms.shown, name="shown"),
    path("<record_type:record_type>/export/", export, name="export"),
    path("<record_type:record_type>/bin/", bins.index, name="bin"),
    path("<record_type:record_type>/<int:record_id>/", include(_record)),
]
