"""Bringing records in from files: readers, mappings, the engine, its command and its pages."""
