"""PostgreSQL settings for the machine it runs on."""

from __future__ import annotations

import contextlib
import os

import psutil

from dangol.config import environment


def tuned() -> dict[str, str]:
    """Settings that fit this machine's memory; the rest is PostgreSQL's own default."""
    megabytes = psutil.virtual_memory().total // 2**20
    slow = environment.number("DANGOL_SLOW_QUERY_MS", 0)
    values = {
        "listen_addresses": "",
        "max_connections": "100",
        "shared_buffers": f"{min(max(megabytes // 8, 128), 4096)}MB",
        # A chunk of an import is some 50 MB of log: with less its process has to write it to the disk in between.
        "wal_buffers": f"{min(max(megabytes // 256, 4), 64)}MB",
        "effective_cache_size": f"{max(megabytes // 2, 256)}MB",
        "maintenance_work_mem": f"{min(max(megabytes // 32, 64), 1024)}MB",
        "work_mem": f"{min(max(megabytes // 512, 4), 64)}MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        # Costs an import a tenth of its time; the log has its limit anyway.
        "wal_compression": "off",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_duration_statement": str(slow or -1),
        # The parameters of a statement are personal data.
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_error_verbosity": "terse",
    }
    with contextlib.suppress(OSError):
        shared = os.statvfs("/dev/shm")  # noqa: S108
        if shared.f_bavail * shared.f_frsize < 512 * 2**20:
            # Containers give it 64 MB, which one parallel query can fill.
            values["dynamic_shared_memory_type"] = "mmap"
    return values
