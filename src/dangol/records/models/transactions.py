"""Numbers of transactions as columns: which transaction wrote a row."""

from typing import Any

from django.db import models
from django.db.models import Func


class TransactionField(models.Field):  # type: ignore[type-arg]  # Django takes no arguments here at run time
    """A full transaction number (`xid8`): 64 bits, never used again in the life of a database cluster."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        # As text: PostgreSQL reads it as the column's type, but casts no integer to it.
        return str(value) if isinstance(value, int) else value


class CurrentTransaction(Func):
    """The transaction that is under way, the outermost one inside savepoints."""

    template = "pg_current_xact_id()"
    output_field = TransactionField()
