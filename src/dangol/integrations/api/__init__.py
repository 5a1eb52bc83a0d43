"""Endpoints of the doors under /api/v1/."""
