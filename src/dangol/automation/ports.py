"""Kinds of steps: the built-in ones, and those that higher rooms register from `AppConfig.ready()`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dangol.records.fields.base import Label

if TYPE_CHECKING:
    from dangol.events.outbox import Event
    from dangol.identity.actors import Actor
    from dangol.records.types import RecordType


class StepProblem(ValueError):
    """A step, or a trigger, that makes no sense. `parameter` says which input is to blame, the message what would be right."""

    def __init__(self, message: str, parameter: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input of a step in the builder.

    `kind` is text, long_text, number, choice, choices, filter or value. `options` are code and label, `suggest` the type in
    whose words a filter is completed, `before` the parameter behind which a value stands (completed by its field).
    """

    name: str
    label: Label
    kind: str = "text"
    options: Sequence[tuple[str, Label]] = ()
    help: Label = ""
    suggest: str = ""
    before: str = ""
    redraws: bool = False
    """Whether another choice makes other inputs."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a step is to do: `ids` of one type, in the transaction that also notes that it was done.

    `actor` carries rights and request id of the rule: write in this name, with the origin `automation`. `runs` is record id →
    id of the run, `step` the place of the step in the rule.
    """

    rule_id: int
    step: str
    record_type: RecordType
    ids: Sequence[int]
    actor: Actor
    settings: Mapping[str, Any]
    now: datetime
    runs: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step did for one record. `data` are ids and names, never contents. Not `ok` ends the run with `detail` as reason."""

    code: str = "done"
    data: Mapping[str, Any] = field(default_factory=dict)
    ok: bool = True
    detail: str = ""


DONE = Outcome()
Outcomes = dict[int, Outcome]


@dataclass(frozen=True, slots=True)
class StepKind:
    """What can be done by a rule.

    Attributes:
        kind: its name in definitions, once and for all.
        label: as the menu of steps says it; `icon` beside it; `order` there.
        parameters: the inputs, given the type, what is entered so far, and who asks.
        check: settings as entered → settings as kept; raises StepProblem.
        says: kept settings → a sentence for the reader, without queries where possible.
        preview: for each record of the batch what would happen, as a sentence; writes nothing.
        execute: do it, set-wise; for each record what became of it (none: done). Raises for what is worth another attempt.
        offered: whether the type can have it, for this person.
        decided: for a step that waits and then goes one of two ways: the records of the batch that go the first.
        prolonged: for such a step, those records whose time is over and that wait on nevertheless, each until when and
            what the log keeps of it. Asked before `decided`.
    """

    kind: str
    label: Label
    icon: str
    parameters: Callable[[RecordType, Mapping[str, Any], Actor], Sequence[Parameter]]
    check: Callable[[RecordType, Mapping[str, Any], Actor], dict[str, Any]]
    says: Callable[[RecordType, Mapping[str, Any], Actor], str]
    preview: Callable[[Batch], dict[int, str]]
    execute: Callable[[Batch], Outcomes]
    order: int = 50
    offered: Callable[[RecordType, Actor], bool] = lambda record_type, actor: True
    decided: Callable[[Batch], set[int]] | None = None
    prolonged: Callable[[Batch], dict[int, tuple[datetime, Mapping[str, Any]]]] | None = None

    @property
    def leads(self) -> bool:
        """Whether it goes one of two ways, each with steps of its own."""
        return self.kind == "branch" or self.decided is not None


_kinds: dict[str, StepKind] = {}


def register_step(step: StepKind) -> None:
    """Make a kind of step known; a kind that is known already is replaced."""
    _kinds[step.kind] = step


def step_kind(kind: str) -> StepKind | None:
    """The kind of that name, or None."""
    return _kinds.get(kind)


def step_kinds(record_type: RecordType, actor: Actor) -> list[StepKind]:
    """What rules of the type can do, in the order of the menu."""
    offered = (step for step in _kinds.values() if step.offered(record_type, actor))
    return sorted(offered, key=lambda step: (step.order, step.kind))


@dataclass(frozen=True, slots=True)
class Signal:
    """A fact that can set rules off: `ids` are the records of the type that it is about."""

    key: str
    label: Label
    record_type: str
    event_class: type[Event]
    ids: Callable[[Any], Sequence[int]]


_signals: dict[str, Signal] = {}
_listeners: list[Callable[[Signal], None]] = []


def register_signal(signal: Signal) -> None:
    """Make a fact of a room something that rules can begin with. Called while the project starts.

    The room's own handlers stay as they are; the fact gets one delivery more only where an active rule waits for it.
    """
    _signals[signal.key] = signal
    for listen in _listeners:
        listen(signal)


def listen_with(listen: Callable[[Signal], None]) -> None:
    """Have each signal heard by `listen`: those that are known, and those to come."""
    _listeners.append(listen)
    for known in _signals.values():
        listen(known)


def signal(key: str) -> Signal | None:
    """The fact of that name, or None."""
    return _signals.get(key)


def signals(record_type: str) -> list[Signal]:
    """The facts about records of a type that rules can begin with."""
    return [one for one in _signals.values() if one.record_type == record_type]


Told = Callable[[int, str, int], None]
"""(user, kind of message, rule): tell somebody about a rule."""
_tellers: list[Told] = []


def add_teller(told: Told) -> None:
    """Register who tells people about rules: the room of notifications lies above."""
    _tellers.append(told)


def tell(user_id: int, kind: str, rule_id: int) -> None:
    """Tell somebody that a rule switched itself off (`kind` is an `OffReason`)."""
    for told in _tellers:
        told(user_id, kind, rule_id)


Pointed = Callable[[set[int], str, str, int], None]
"""(users, kind of message, record type, record): point a record out to people."""
_pointers: list[Pointed] = []


def add_pointer(pointed: Pointed) -> None:
    """Register who points records out to people."""
    _pointers.append(pointed)


def point_out(users: set[int], kind: str, record_type: str, record_id: int) -> None:
    """Tell people that a record asks for them, in the caller's transaction."""
    for pointed in _pointers:
        pointed(users, kind, record_type, record_id)


Signer = Callable[[str, bytes], Mapping[str, str]]
"""(message id, body) → headers that prove where a call comes from."""
_signers: list[Signer] = []


def set_signer(signer: Signer) -> None:
    """Register who signs outgoing calls: the room of integrations lies above."""
    _signers[:] = [signer]


def signed(message_id: str, body: bytes) -> dict[str, str]:
    """Headers for a call; none where nobody signs."""
    return {name: value for signer in _signers for name, value in signer(message_id, body).items()}
