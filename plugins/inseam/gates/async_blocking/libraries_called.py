"""Calls of libraries that mean more than a catalogue can say, such as `asyncio` and Django."""

from __future__ import annotations

from inseam.gates.async_blocking.arguments import Arguments
from inseam.gates.async_blocking.builtins_called import SPECIAL, BuiltinCalls
from inseam.gates.async_blocking.summary import Expression, is_a
from inseam.gates.async_blocking.types import (
    Coroutine,
    External,
    Instance,
    Routine,
    Tuple,
    Value,
)
from inseam.gates.async_blocking.unions import builtin, instances, join

_SESSION = "sqlalchemy.orm.Session"


class LibraryCalls(BuiltinCalls):
    """Evaluates calls of libraries whose meaning the analysis has to know."""

    def _field(self, arguments: Arguments, place: int) -> Value:
        made = join(*(self._quietly(atom, place) for atom in arguments.get("default_factory")))
        return made or arguments.get("default") or arguments.get(0)

    def _related(self, arguments: Arguments, place: int) -> Value:
        """Django's field that refers to a model: an object of it, once it is read."""
        return instances(arguments.get(0) or arguments.get("to"))

    def _related_many(self, arguments: Arguments, place: int) -> Value:
        return (Instance(External("django.db.models.Manager"), (self._related(arguments, place),)),)

    def _session_maker(self, arguments: Arguments, place: int) -> Value:
        """SQLAlchemy's, which makes sessions of the class that it is given."""
        session = instances(arguments.get("class_")) or (Instance(External(_SESSION)),)
        return (Instance(External("sqlalchemy.orm.sessionmaker"), (session,)),)

    def _own_loop(self, arguments: Arguments, place: int) -> Value:
        expression: Expression = (*arguments.positional_expressions, 0)[0]
        if is_a(expression, "c"):
            for atom in self.look(expression[1]):
                if isinstance(atom, Routine) and atom.function.is_async:
                    self.facts.loop_owners.setdefault(atom.function, place)
        for atom in arguments.get(0):
            if isinstance(atom, Routine) and atom.function.is_async:
                self.facts.loop_owners.setdefault(atom.function, place)
        return self.awaited(arguments.get(0))

    def _gathered(self, arguments: Arguments, place: int) -> Value:
        results = tuple(self.awaited(value) for value in arguments.positional)
        if arguments.rest:
            found = join(self.awaited(arguments.rest), *results)
            return (Coroutine(builtin("list", found)),)
        return (Coroutine((Tuple(results),)),)

    def _completed(self, arguments: Arguments, place: int) -> Value:
        found = self.awaited(self.iterate(arguments.get(0), place))
        return builtin("list", (Coroutine(found),))

    def _awaitable(self, arguments: Arguments, place: int) -> Value:
        return (Coroutine(self.awaited(arguments.get(0))),)

    def _task(self, arguments: Arguments, place: int) -> Value:
        return (Instance(External("asyncio.Task"), (self.awaited(arguments.get(0)),)),)

    def _entered(self, arguments: Arguments, place: int) -> Value:
        return self.enter(arguments.get(0), place, is_async=False)

    def _entered_later(self, arguments: Arguments, place: int) -> Value:
        return (Coroutine(self.enter(arguments.get(0), place, is_async=True)),)

    def _depends(self, arguments: Arguments, place: int) -> Value:
        """FastAPI calls what `Depends` is given, in a thread if it is sync."""
        given: list[Value] = []
        for atom in arguments.get(0) or arguments.get("dependency"):
            for result in self._quietly(atom, place):
                match result:
                    case Coroutine(value=inner):
                        given.append(inner)
                    case Instance(cls=External(name="typing.AsyncIterator"), arguments=(inner,)):
                        given.append(inner)
                    case _ if hasattr(result, "element"):
                        given.append(result.element)
                    case _:
                        given.append((result,))
        return join(*given)


SPECIAL.update(
    {
        "dataclasses.field": LibraryCalls._field,
        "pydantic.Field": LibraryCalls._field,
        "pydantic.fields.Field": LibraryCalls._field,
        "asyncio.run": LibraryCalls._own_loop,
        "anyio.run": LibraryCalls._own_loop,
        "trio.run": LibraryCalls._own_loop,
        "uvloop.run": LibraryCalls._own_loop,
        "asyncio.AbstractEventLoop.run_until_complete": LibraryCalls._own_loop,
        "asyncio.gather": LibraryCalls._gathered,
        "asyncio.wait_for": LibraryCalls._awaitable,
        "asyncio.shield": LibraryCalls._awaitable,
        "asyncio.create_task": LibraryCalls._task,
        "asyncio.ensure_future": LibraryCalls._task,
        "asyncio.TaskGroup.create_task": LibraryCalls._task,
        "asyncio.AbstractEventLoop.create_task": LibraryCalls._task,
        "asyncio.as_completed": LibraryCalls._completed,
        "contextlib.ExitStack.enter_context": LibraryCalls._entered,
        "contextlib.AsyncExitStack.enter_context": LibraryCalls._entered,
        "contextlib.AsyncExitStack.enter_async_context": LibraryCalls._entered_later,
        "sqlalchemy.orm.sessionmaker": LibraryCalls._session_maker,
        "django.db.models.ForeignKey": LibraryCalls._related,
        "django.db.models.OneToOneField": LibraryCalls._related,
        "django.db.models.ManyToManyField": LibraryCalls._related_many,
        **{
            f"{module}.{name}": LibraryCalls._depends
            for module in ("fastapi", "fastapi.params", "fastapi.param_functions")
            for name in ("Depends", "Security")
        },
    }
)
