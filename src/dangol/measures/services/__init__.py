"""Writing results: scores of records, metrics by period, and the runs that compute them."""

from dangol.measures.services.runs import (
    RunStopped,
    run_begin,
    run_fail,
    run_finish,
    run_step,
    run_stop,
    run_stopped,
)
from dangol.measures.services.scores import scores_forget, scores_publish
from dangol.measures.services.series import series_publish

__all__ = [
    "RunStopped",
    "run_begin",
    "run_fail",
    "run_finish",
    "run_step",
    "run_stop",
    "run_stopped",
    "scores_forget",
    "scores_publish",
    "series_publish",
]
