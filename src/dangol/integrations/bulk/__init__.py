"""Bulk jobs: JSON lines taken in at once, worked off in the background by the one writer, answered line by line."""
