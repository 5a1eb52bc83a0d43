"""One Field kind per kind of data. A Field parses, checks, shows, edits, filters, exports and masks itself."""

from dangol.records.fields.base import Field, FieldError, Locale
from dangol.records.fields.choices import Boolean, Choice
from dangol.records.fields.dates import Date, DateTime
from dangol.records.fields.multiple import MultiChoice
from dangol.records.fields.numbers import Integer, Money, Number
from dangol.records.fields.reach import BusinessNumber, Email, Phone
from dangol.records.fields.references import Ref, Reference, id_in
from dangol.records.fields.tags import TagMark, Tags
from dangol.records.fields.text import LongText, Text, Url

__all__ = [
    "Boolean",
    "BusinessNumber",
    "Choice",
    "Date",
    "DateTime",
    "Email",
    "Field",
    "FieldError",
    "Integer",
    "Locale",
    "LongText",
    "Money",
    "MultiChoice",
    "Number",
    "Phone",
    "Ref",
    "Reference",
    "TagMark",
    "Tags",
    "Text",
    "Url",
    "id_in",
]
