"""Facts and those who react to them: filled once, while Django starts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeVar


@dataclasses.dataclass(frozen=True)
class Event:
    """A fact. Subclass it once per fact, as a frozen dataclass, in the ``events.py`` of the room it happens in::

        @dataclass(frozen=True)
        class OrderPlaced(Event):
            name = "commerce.order_placed"
            order_ids: tuple[int, ...]

    Fields are ids or other small JSON values (text, number, boolean, none, and sequences of these), never
    contents. Sequences come back to the handler as tuples.
    """

    name: ClassVar[str]

    def payload(self) -> dict[str, Any]:
        """The fields as JSON values.

        Raises:
            TypeError: a field holds something that JSON cannot carry.
        """
        return {
            field.name: _to_json(getattr(self, field.name), f"{type(self).__name__}.{field.name}")
            for field in dataclasses.fields(self)
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """The event back from its payload. Fields this code does not know are left out, so that a worker of
        the last release can still handle an event of the next one.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{key: _from_json(value) for key, value in payload.items() if key in known})


def _to_json(value: Any, where: str) -> Any:
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Sequence | frozenset | set):
        return [_to_json(item, where) for item in value]
    raise TypeError(f"{where}: {type(value).__name__} cannot travel in an event; use ids or text")


def _from_json(value: Any) -> Any:
    return tuple(_from_json(item) for item in value) if isinstance(value, list) else value


@dataclasses.dataclass(frozen=True)
class Handler:
    """A function that reacts to one kind of event, and the name its deliveries are kept under."""

    name: str
    event_class: type[Event]
    function: Callable[..., None]
    when: Callable[[Any], bool] | None = None


_handlers: dict[str, Handler] = {}
EventT = TypeVar("EventT", bound=Event)


def handles(
    event_class: type[EventT], *, name: str | None = None, when: Callable[[EventT], bool] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register the decorated function as a handler of ``event_class``.

    The handler is called as ``handler(event, event_id=key)`` in the worker, inside a transaction that also
    carries the mark "delivered": what it writes to the database takes effect exactly once, however often
    the worker dies. Effects outside the database are not covered; hand them ``event_id`` as the
    idempotency key. Handlers get no order: two events of the same customer may arrive in either order,
    or at the same time, so read the present state instead of trusting the sequence.

    Args:
        event_class: the fact to react to.
        name: the name deliveries are kept under; by default the dotted path of the function. Give the old
            path here when a handler moves, so that waiting deliveries still find it.
        when: whether this fact is worth a delivery to the handler; asked while it is announced, in the announcer's
            transaction, so at most one quick query. For facts that are announced often and seldom matter.

    Raises:
        ValueError: two handlers share a name, or the event class has no name.
    """
    if not getattr(event_class, "name", ""):
        raise ValueError(f"{event_class.__qualname__} needs a name, such as 'commerce.order_placed'")

    def register(function: Callable[..., None]) -> Callable[..., None]:
        handler_name = name or f"{function.__module__}.{function.__qualname__}"
        known = _handlers.get(handler_name)
        if known and known.event_class is not event_class and known.event_class.name != event_class.name:
            raise ValueError(f"{handler_name} already handles {known.event_class.name}")
        _handlers[handler_name] = Handler(handler_name, event_class, function, when)
        return function

    return register


def handler_names(event: Event) -> list[str]:
    """The names of the handlers that want this event, in the order they were registered."""
    return [
        handler.name
        for handler in _handlers.values()
        if handler.event_class.name == event.name and (handler.when is None or handler.when(event))
    ]


def handler_named(name: str) -> Handler | None:
    """The handler of that name, or None when this release has none."""
    return _handlers.get(name)


def forget(name: str) -> None:
    """Take a handler out again (for tests, and for plug-ins that are switched off)."""
    _handlers.pop(name, None)
