"""The activity stream: what happened to the records one follows, or to all that one may see."""

from dangol.interactions.activity.reading import Item, Page, activity_page
from dangol.interactions.activity.sources import Place, Scope, What

__all__ = ["Item", "Page", "Place", "Scope", "What", "activity_page"]
