"""What a planner looks questions up in, made once for all planners of one model that know the same values.

Nothing is kept for a planner that nobody has any more.
"""

from __future__ import annotations

from functools import cached_property
from weakref import WeakSet

from agents.planner.clauses import packaged
from agents.planner.core import Asking
from agents.planner.lexicon import Lexicon, Values, build_lexicon
from agents.planner.meaning import Meanings
from agents.planner.reranker import Reranker
from agents.planner.spelling import Speller
from agents.planner.tails import Tails, tails_of
from agents.planner.variants import Variants
from agents.planner.verified import Verified
from semantic.model import SemanticModel


class Indexes:
    """Each index is made when the first question needs it; nobody changes one."""

    def __init__(self, model: SemanticModel, values: Values) -> None:
        self.model = model
        self.values = values

    @cached_property
    def lexicon(self) -> Lexicon:
        """The words of the model and of the data's values."""
        return build_lexicon(self.model, self.values)

    @cached_property
    def tails(self) -> Tails:
        """Short names that end several figures' labels."""
        return tails_of(self.lexicon)

    @cached_property
    def speller(self) -> Speller:
        """What mends words that are nearly known."""
        return Speller.of(self.lexicon)

    @cached_property
    def verified(self) -> Verified:
        """The owner's own questions."""
        return Verified.of(self.model, self.lexicon)

    @cached_property
    def variants(self) -> Variants:
        """Words that tell how a figure is measured."""
        return Variants.of(self.model)

    @cached_property
    def meanings(self) -> Meanings:
        """What is meant by words that name nothing."""
        return Meanings.of(self.model, self.lexicon)

    @cached_property
    def asking(self) -> Asking | None:
        """What tells clauses that ask from clauses that only tell; None without its file."""
        found = packaged()
        return Asking(self.lexicon, found) if found else None

    @cached_property
    def reranker(self) -> Reranker | None:
        """The trained second reading; None where the model has none."""
        return Reranker.of(self.model, self.lexicon)


_ALIVE: WeakSet[Indexes] = WeakSet()


def indexes_of(model: SemanticModel, values: Values) -> Indexes:
    """Those of another planner with this very model and equal values, or new ones."""
    for made in list(_ALIVE):
        if made.model is model and made.values == values:
            return made
    made = Indexes(model, values)
    _ALIVE.add(made)
    return made
