"""Writing results: scores of records, metrics by period, and the runs that compute them."""

from dangol.measures.services.runs import run_begin, run_fail, run_finish, run_step
from dangol.measures.services.scores import scores_publish
from dangol.measures.services.series import series_publish

__all__ = ["run_begin", "run_fail", "run_finish", "run_step", "scores_publish", "series_publish"]
