"""Reactions of the kernel to what happens in it."""

from dangol.records.matching import handlers as matching

__all__ = ["matching"]
