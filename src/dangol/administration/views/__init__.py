"""Pages under /settings/."""
