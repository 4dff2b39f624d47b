"""Which chat model lives with a snapshot."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from agents.chat_models.embedded import EmbeddedChatModel
from agents.narrator import Narrator
from agents.planner import Planner
from warehouse.errors import UsageError
from warehouse.settings import ChatModel, Settings

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel


def chat_model(
    settings: Settings,
    planner: Planner,
    narrator: Narrator,
    as_of: date,
    first_day: date,
    partial_day: date | None = None,
) -> BaseChatModel:
    """The embedded planner, which also stands in for a service (`agents.upstream`), or a recording.

    Where a recording is named, the embedded planner is written down in it, as a service is (`agents.upstream`).
    Raises UsageError when the settings lack what it needs.
    """
    wanted = settings.chat_model
    if wanted.kind != "recorded":
        embedded = EmbeddedChatModel(
            planner=planner, narrator=narrator, as_of=as_of, first_day=first_day, partial_day=partial_day
        )
        return recording(embedded, wanted) if wanted.kind == "embedded" else embedded
    from agents.chat_models.recorded import RecordedChatModel

    if wanted.recording is None:
        raise UsageError(
            "The recorded chat model needs a recording.",
            where="chat_model.recording",
            next_step="Name the file.",
        )
    return RecordedChatModel(file=wanted.recording)


def recording(model: BaseChatModel, wanted: ChatModel) -> BaseChatModel:
    """A chat model that writes down what it says, where the settings name a file for that."""
    if wanted.recording is None:
        return model
    from agents.chat_models.recorded import RecordedChatModel

    return RecordedChatModel(file=wanted.recording, source=model)
