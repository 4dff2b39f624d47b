"""What is worked out once for a question, however many steps ask for it: kept while it is planned, not longer."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar, cast

from semantic.model import SemanticModel

_Value = TypeVar("_Value")
_MODELS = 4
_KEPT: ContextVar[dict[Hashable, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def one_question() -> Iterator[None]:
    """While it lasts, `once` remembers; inside of another one it adds nothing."""
    if _KEPT.get() is not None:
        yield
        return
    before = _KEPT.set({})
    try:
        yield
    finally:
        _KEPT.reset(before)


def once(key: Hashable, make: Callable[[], _Value]) -> _Value:
    """What `make` makes, remembered by its key while one question is planned. Nobody may change it."""
    kept = _KEPT.get()
    if kept is None:
        return make()
    if key not in kept:
        kept[key] = make()
    return cast(_Value, kept[key])


def once_a_model(make: Callable[[SemanticModel], _Value]) -> Callable[[SemanticModel], _Value]:
    """A function of a semantic model that remembers its values for the models that it was last asked about."""
    kept: list[tuple[SemanticModel, _Value]] = []

    @wraps(make)
    def found(model: SemanticModel) -> _Value:
        for known, value in kept:
            if known is model:
                return value
        value = make(model)
        kept.insert(0, (model, value))
        del kept[_MODELS:]
        return value

    return found
