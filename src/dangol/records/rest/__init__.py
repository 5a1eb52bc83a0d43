"""The generic REST API: one set of views for all record types. Its routes are in `dangol.records.api`."""
