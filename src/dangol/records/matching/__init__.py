"""Finding records that are about the same: at entry, at import, and by scans; and the queue in which people decide."""
