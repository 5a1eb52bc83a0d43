"""What open pages are told: who else is there, what has changed, how many notifications wait."""
