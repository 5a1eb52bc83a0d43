"""Comments on records, and so on whatever a timeline tells of."""

from dangol.interactions.comments.acts import CommentError, comment_add, comment_delete, comment_edit
from dangol.interactions.comments.reading import Said, comments_of, forget_type, remove, thread

__all__ = [
    "CommentError",
    "Said",
    "comment_add",
    "comment_delete",
    "comment_edit",
    "comments_of",
    "forget_type",
    "remove",
    "thread",
]
