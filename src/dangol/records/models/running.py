"""What all runs in the background tell about themselves: imports, exports, acts on many records."""

from __future__ import annotations


class Running:
    """How far a run is, how fast, and how long it will take. For models with `state`, `rows` and `seconds`."""

    state: str
    rows: int
    seconds: float

    @property
    def done_of(self) -> tuple[int, int | None]:
        """How much is done, and of how much; the second is 0 or None where nobody knows."""
        raise NotImplementedError

    @property
    def is_active(self) -> bool:
        """It waits for a worker or is being worked on."""
        return self.state in ("waiting", "running")

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0

    @property
    def share_done(self) -> float:
        """Between 0 and 1."""
        if self.state == "finished":
            return 1.0
        done, whole = self.done_of
        return min(done / whole, 1.0) if whole else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At the speed so far; none before anything is done."""
        share = self.share_done
        return self.seconds * (1 - share) / share if share and self.seconds else None
