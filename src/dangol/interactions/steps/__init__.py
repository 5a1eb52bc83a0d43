"""What to do next with a customer: steps from facts, each with its reason and one act."""

from dangol.interactions.steps.registry import Act, Step, add_steps, steps

__all__ = ["Act", "Step", "add_steps", "steps"]
