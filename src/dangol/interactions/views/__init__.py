"""Pages and fragments of this room."""
