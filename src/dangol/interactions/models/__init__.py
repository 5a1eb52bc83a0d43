"""What was said and done, the timeline that shows it, and what colleagues say to each other about it."""

from dangol.interactions.models.interactions import Direction, Interaction, Kind, TimelineEntry
from dangol.interactions.models.together import Comment, CommentVersion, Follow, FollowChoice, Mention

__all__ = [
    "Comment",
    "CommentVersion",
    "Direction",
    "Follow",
    "FollowChoice",
    "Interaction",
    "Kind",
    "Mention",
    "TimelineEntry",
]
