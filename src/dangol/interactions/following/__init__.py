"""Who follows which record."""

from dangol.interactions.following.acts import follow, follow_choice_save, follow_others, unfollow
from dangol.interactions.following.reading import Follower, concerned, follow_choice, followers

__all__ = [
    "Follower",
    "concerned",
    "follow",
    "follow_choice",
    "follow_choice_save",
    "follow_others",
    "followers",
    "unfollow",
]
