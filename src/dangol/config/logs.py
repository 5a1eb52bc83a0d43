"""Structured logs on stderr: JSON lines for machines, coloured lines on a terminal.

A line carries the request id and the actor's id when there is a request, never a name, an address or
any other personal data: those are in the database, where access to them is checked and logged.
"""

from __future__ import annotations

import logging
import logging.config
import sys
from typing import Any

import orjson
import structlog
from structlog.typing import Processor


def _json(value: object, default: Any = None, **_ignored: object) -> str:
    return orjson.dumps(value, default=default or str).decode()


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def configure(*, level: str = "INFO", style: str = "auto") -> None:
    """Send all logging, ours and the libraries', through one formatter to stderr.

    Args:
        level: the least serious level that is written.
        style: `json`, `console`, or `auto` (console when stderr is a terminal).
    """
    console = style == "console" or (style == "auto" and sys.stderr.isatty())
    shared = _shared()
    last: list[Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_json)]
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
                }
            },
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "formatter": "structured",
                    "stream": "ext://sys.stderr",
                }
            },
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                # Each request is logged once, by the middleware.
                "django.request": {"level": "ERROR"},
                "django.server": {"level": "WARNING"},
                "procrastinate": {"level": "WARNING"},
                "procrastinate.contrib.django.apps": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
