"""Types of records that administrators make: definitions, tables, and what takes effect in every process at once."""
