"""The built-in steps, one module each. Higher rooms register theirs (`ports.register_step`)."""

from dangol.automation import ports
from dangol.automation.steps import acts, approval, assigning, calls, creating, flow, setting


def register() -> None:
    """Make the built-in steps known. Called once, while the project starts."""
    kinds = (
        setting.STEP,
        creating.STEP,
        assigning.STEP,
        flow.BRANCH,
        approval.STEP,
        flow.WAIT,
        flow.STOP,
        acts.STEP,
        calls.STEP,
    )
    for kind in kinds:
        ports.register_step(kind)
