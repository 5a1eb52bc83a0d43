"""Reactions of insight to what happens elsewhere."""

from uuid import UUID

from dangol.events.outbox import handles
from dangol.identity.actors import Actor
from dangol.insight.services import refresh_request
from dangol.records.importing.events import ImportFinished


@handles(ImportFinished)
def refresh_after_import(event: ImportFinished, *, event_id: UUID) -> None:
    """New facts came in: compute values anew. Imports that end while a refresh waits share it."""
    refresh_request(actor=Actor.system("import"), reason=f"import {event.run_id}")
