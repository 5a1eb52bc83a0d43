"""What was said and done, the timeline that shows it, what colleagues say to each other about it, who is told, who is there."""

from dangol.interactions.models.interactions import Direction, Interaction, Kind, TimelineEntry
from dangol.interactions.models.notifications import Notification, NotificationMail, NotificationSetting
from dangol.interactions.models.presence import Presence
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
    "Notification",
    "NotificationMail",
    "NotificationSetting",
    "Presence",
    "TimelineEntry",
]
