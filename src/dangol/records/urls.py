"""Pages that every record type has. They catch `/<type>/`, so they come last in the project."""

from django.urls import include, path, register_converter

from dangol.records import registry
from dangol.records.attachments import views as files
from dangol.records.bulk import views as bulk
from dangol.records.exporting.views import export
from dangol.records.importing.views import pasting
from dangol.records.matching.views import asking, queue, rules
from dangol.records.merging import views as merging
from dangol.records.tags import views as tags
from dangol.records.types import RecordType
from dangol.records.views import (
    bins,
    boards,
    calendars,
    cells,
    details,
    favouring,
    forms,
    grouped,
    lists,
    looked,
    palette,
    persons,
    revealing,
    saved,
)
from dangol.records.views.access import sighted

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
    path("", sighted(details.detail), name="detail"),
    path("edit/", sighted(forms.edit), name="edit"),
    path("delete/", sighted(bins.delete), name="delete"),
    path("restore/", sighted(bins.restore), name="restore"),
    path("history/", sighted(details.history), name="history"),
    path("reveal/<str:field>/", sighted(revealing.reveal), name="reveal"),
    path("looks/", sighted(looked.index), name="looks"),
    path("person/", sighted(persons.person), name="person"),
    path("person/export/", sighted(persons.export), name="person_export"),
    path("person/erase/", sighted(persons.erase), name="person_erase"),
    path("cell/<str:field>/", sighted(cells.cell), name="cell"),
    path("files/", sighted(files.index), name="files"),
    path("files/<uuid:file_key>/", sighted(files.download), name="file"),
    path("files/<uuid:file_key>/preview/", sighted(files.preview), name="file_preview"),
    path("files/<uuid:file_key>/delete/", sighted(files.delete), name="file_delete"),
    path("files/<uuid:file_key>/restore/", sighted(files.restore), name="file_restore"),
]

_duplicates = [
    path("", sighted(queue.listing), name="duplicates"),
    path("similar/", sighted(asking.similar), name="duplicates-similar"),
    path("decide/", sighted(queue.decide), name="duplicate-decide"),
    path("rules/", sighted(rules.edit), name="duplicate-rules"),
    path("scan/", sighted(queue.scan), name="duplicate-scan"),
    path("scan/progress/", sighted(queue.scan_progress), name="duplicate-scan-progress"),
    path("scan/cancel/", sighted(queue.scan_cancel), name="duplicate-scan-cancel"),
]

urlpatterns = [
    path("api/v1/", include("dangol.records.api")),
    path("search/", palette.palette, name="palette"),
    path("favourites/", favouring.section, name="favourites"),
    path("tags/<int:tag_id>/merge/", tags.merge, name="tag_merge"),
    path("lookup/<slug:target>/", palette.lookup, name="lookup"),
    path("duplicates/", queue.index, name="duplicates-of-all"),
    path("<record_type:record_type>/", sighted(lists.index), name="list"),
    path("<record_type:record_type>/count/", sighted(lists.count), name="count"),
    path("<record_type:record_type>/suggest/", sighted(lists.suggest), name="suggest"),
    path("<record_type:record_type>/views/", sighted(saved.keep), name="view-keep"),
    path("<record_type:record_type>/views/<int:view_id>/", sighted(saved.change), name="view-change"),
    path("<record_type:record_type>/groups/", sighted(grouped.index), name="groups"),
    path("<record_type:record_type>/board/cards/", sighted(boards.cards), name="board-cards"),
    path("<record_type:record_type>/board/totals/", sighted(boards.totals), name="board-totals"),
    path("<record_type:record_type>/board/move/", sighted(boards.move), name="board-move"),
    path("<record_type:record_type>/calendar/", sighted(calendars.index), name="calendar"),
    path("<record_type:record_type>/calendar/move/", sighted(calendars.move), name="calendar-move"),
    path("<record_type:record_type>/new/", sighted(forms.new), name="new"),
    path("<record_type:record_type>/shown/", sighted(forms.shown), name="shown"),
    path("<record_type:record_type>/export/", sighted(export), name="export"),
    path("<record_type:record_type>/bulk/", sighted(bulk.begin), name="bulk"),
    path("<record_type:record_type>/bulk/count/", sighted(bulk.count), name="bulk_count"),
    path("<record_type:record_type>/bulk/field/", sighted(bulk.line), name="bulk_field"),
    path("<record_type:record_type>/merge/", sighted(merging.begin), name="merge"),
    path("<record_type:record_type>/paste/", sighted(pasting.paste), name="paste"),
    path("<record_type:record_type>/paste/<uuid:key>/", sighted(pasting.pasted), name="pasted"),
    path("<record_type:record_type>/bin/", sighted(bins.index), name="bin"),
    path("<record_type:record_type>/duplicates/", include(_duplicates)),
    path("<record_type:record_type>/<int:record_id>/", include(_record)),
]
