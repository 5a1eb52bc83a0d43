"""The language of computed fields: text → syntax → checked tree → one expression that PostgreSQL evaluates.

Lists, filters, sorts, exports and the API all use that one expression, so that they cannot differ.
"""
