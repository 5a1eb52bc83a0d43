"""The page 오늘: one list ordered by the value at stake, and cards beside it. Higher rooms add to both."""

from dangol.interactions.home.registry import Card, Item, add_card, add_items

__all__ = ["Card", "Item", "add_card", "add_items", "register"]


def register() -> None:
    """Register what this room itself has to say; called once, when Django is ready."""
    from dangol.interactions.home import sources

    sources.register()
