"""What automation keeps, by noun."""

from dangol.automation.models.approvals import (
    ApprovalRequest,
    ApprovalState,
    ApprovalVote,
    Delegation,
    Locking,
)
from dangol.automation.models.rules import (
    HOURLY_LIMIT,
    CallState,
    OffReason,
    OutgoingCall,
    ReachedDate,
    Rule,
    RuleClock,
    RuleRun,
    RuleVersion,
    RunReason,
    RunState,
    Turn,
)

__all__ = [
    "HOURLY_LIMIT",
    "ApprovalRequest",
    "ApprovalState",
    "ApprovalVote",
    "CallState",
    "Delegation",
    "Locking",
    "OffReason",
    "OutgoingCall",
    "ReachedDate",
    "Rule",
    "RuleClock",
    "RuleRun",
    "RuleVersion",
    "RunReason",
    "RunState",
    "Turn",
]
