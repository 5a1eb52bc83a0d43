"""Understanding a file nobody has described: which column is which field, and what its values leave open."""

from dangol.records.importing.guessing.choices import ColumnChoice, build, choices_of, record_of
from dangol.records.importing.guessing.memory import remember
from dangol.records.importing.guessing.styles import Question
from dangol.records.importing.guessing.understanding import ColumnGuess, Guess, guess, likely_types

__all__ = [
    "ColumnChoice",
    "ColumnGuess",
    "Guess",
    "Question",
    "build",
    "choices_of",
    "guess",
    "likely_types",
    "record_of",
    "remember",
]
