"""The one member whose last day is told minute by minute; everything else about the day is drawn around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from generator.catalog import story
from generator.clock import at
from generator.members import position

if TYPE_CHECKING:
    from generator.calls import DayCalls


@dataclass(frozen=True)
class Walkthrough:
    """Times and texts of the walkthrough. `member` is an index into the arrays of `Members`."""

    member: int
    member_id: str

    LOGIN: ClassVar[int] = at(9, 1)
    PAGE: ClassVar[int] = at(9, 3)
    ERROR: ClassVar[int] = at(9, 4)
    CALL: ClassVar[int] = at(9, 18)
    SURVEY: ClassVar[int] = at(9, 45)
    WAIT_SECONDS: ClassVar[float] = 180.0
    HANDLE_MINUTES: ClassVar[float] = 18.0
    SCORE: ClassVar[float] = -0.92
    SURVEY_MOOD: ClassVar[float] = -2.5
    SESSION_SECONDS: ClassVar[int] = 55
    FEEDBACK: ClassVar[str] = "Confusing bill and plan rules"
    TRANSCRIPT: ClassVar[str] = (
        "[09:21] Agent: Thank you for holding, how can I help? "
        "[09:21] Member: Hi, I tried to pay my bill in the app and it says my plan is not eligible for this "
        "option. (neutral) "
        "[09:26] Agent: I see your bill, but not that message. Which option did you choose? "
        "[09:28] Member: The one I used last month. Your letter said nothing would change for me. (uneasy) "
        "[09:33] Agent: Some payment options changed with the new benefits. I cannot tell from here which ones. "
        "[09:34] Member: That does not help me at all. (negative) "
        "[09:36] Member: So nobody can explain my own bill to me? This is the worst service I have had. "
        "(strongly negative) "
        "[09:39] Agent: I am sorry. I will pass this on. Member: Please do. Goodbye."
    )

    def place_call(self, calls: DayCalls) -> None:
        """Set the member's call in the last day's calls; it is the one with this member."""
        row = int(np.flatnonzero(calls.member == self.member)[0])
        calls.pinned = row
        calls.second[row], calls.wait[row], calls.handle[row] = self.CALL, self.WAIT_SECONDS, self.HANDLE_MINUTES
        calls.score[row], calls.label[row], calls.transferred[row] = self.SCORE, 0, False


def walkthrough() -> Walkthrough:
    """The walkthrough of `story.yaml`."""
    member_id = str(story()["walkthrough"]["member_id"])
    return Walkthrough(position(member_id), member_id)
