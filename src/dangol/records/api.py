"""The routes of the generic API. Rooms with endpoints of their own under `/api/v1/` stand before it in the project."""

from django.urls import path, re_path

from dangol.records.rest import (
    attachments,
    bulk,
    changing,
    documents,
    duplicates,
    exporting,
    merging,
    reading,
    revealing,
    views,
)
from dangol.records.rest.endpoints import endpoint, unknown

urlpatterns = [
    path("openapi.json", endpoint(GET=documents.openapi_json), name="api-openapi"),
    path("docs", documents.reference, name="api-docs"),
    path("search", endpoint(GET=reading.search), name="api-search"),
    path("bulk/<str:key>", endpoint(GET=bulk.detail), name="api-bulk-job"),
    path("bulk/<str:key>/refusals", endpoint(GET=bulk.refusals), name="api-bulk-refusals"),
    path("bulk/<str:key>/cancel", endpoint(POST=bulk.cancel), name="api-bulk-cancel"),
    path("bulk/<str:key>/undo", endpoint(POST=bulk.undo), name="api-bulk-undo"),
    path(
        "views/<str:path>/<str:view_id>/favourite",
        endpoint(PUT=views.favour, DELETE=views.favour),
        name="api-view-favourite",
    ),
    path("merges", endpoint(GET=merging.index), name="api-merges"),
    path("merges/<str:merge_id>", endpoint(GET=merging.detail), name="api-merge"),
    path("merges/<str:merge_id>/undo", endpoint(POST=merging.undo), name="api-merge-undo"),
    path("views/<str:path>", endpoint(GET=views.index, POST=views.create), name="api-views"),
    path(
        "views/<str:path>/<str:view_id>",
        endpoint(GET=views.detail, PATCH=views.change, DELETE=views.delete),
        name="api-view",
    ),
    path("<str:path>", endpoint(GET=reading.index, POST=changing.create), name="api-records"),
    path("<str:path>/bulk", endpoint(POST=bulk.start), name="api-bulk"),
    path(
        "<str:path>/duplicates", endpoint(GET=duplicates.index, POST=duplicates.check), name="api-duplicates"
    ),
    path("<str:path>/duplicates/<str:pair_id>", endpoint(PATCH=duplicates.decide), name="api-duplicate-pair"),
    path("<str:path>/export", endpoint(GET=exporting.export), name="api-export"),
    path(
        "<str:path>/<str:record_id>",
        endpoint(GET=reading.detail, PATCH=changing.change, DELETE=changing.delete),
        name="api-record",
    ),
    path("<str:path>/<str:record_id>/merge", endpoint(POST=merging.merge), name="api-record-merge"),
    path("<str:path>/<str:record_id>/timeline", endpoint(GET=reading.timeline), name="api-timeline"),
    path("<str:path>/<str:record_id>/history", endpoint(GET=reading.changes), name="api-history"),
    path("<str:path>/<str:record_id>/reveal", endpoint(POST=revealing.create), name="api-reveal"),
    path(
        "<str:path>/<str:record_id>/attachments",
        endpoint(GET=attachments.index, POST=attachments.create),
        name="api-attachments",
    ),
    path(
        "<str:path>/<str:record_id>/attachments/<str:file_key>",
        endpoint(GET=attachments.detail, DELETE=attachments.delete),
        name="api-attachment",
    ),
    path(
        "<str:path>/<str:record_id>/attachments/<str:file_key>/content",
        endpoint(GET=attachments.content),
        name="api-attachment-content",
    ),
    re_path(r"^.*$", unknown, name="api-unknown"),
]
