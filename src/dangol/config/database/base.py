"""The database backend; Django asks for this module by its name."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Looks at the socket before it asks the server whether it is still there.

    Django sends `SELECT 1` at the beginning of every request, which on a page of few statements is a sixth of the way
    to the database. A server that has stopped or dropped the connection leaves word in the socket: while there is
    nothing to read, the connection is good.
    """

    def is_usable(self) -> bool:
        """Whether statements can be sent; asks the server only where the socket has something to say."""
        connection = self.connection
        if connection is not None and not connection.closed:
            watch = select.poll()
            watch.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
            if not watch.poll(0):
                return True
        return bool(super().is_usable())
