"""Programmes and what came of them: groups drawn once, and the difference between them, with an interval."""
