"""The playbook's file, and every mistake in one told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.actions.playbook import PACKAGED_PLAYBOOK, filled, load_playbook
from warehouse.errors import UsageError


def test_the_packaged_playbook_covers_every_lever_and_every_text_fills_without_a_gap() -> None:
    playbook = load_playbook()
    assert {action.lever.name for action in playbook.actions.values()} == set(playbook.levers)
    for action in playbook.actions.values():
        sure = {"journey": "billing", "message": "eligibility", **dict.fromkeys(action.drivers, "X")}
        text = filled(action.text, sure)
        assert not set("[]{}") & set(text)
        assert "  " not in text
    clear = playbook.actions["clear_message"].text
    names = {"journey": "billing", "message": "eligibility", "plan_type": "MAPD", "platform": "mobile"}
    assert filled(clear, names).startswith(
        "Change the MAPD billing eligibility message, mostly seen on mobile, and add next steps"
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lever: copy", "lever: copi", "there is no lever 'copi'; did you mean 'copy'?"),
        (
            "{message} message[,",
            "{massage} message[,",
            "'massage' is no name to fill in; did you mean 'message'?",
        ),
        ("and add next steps", "and add 3 next steps", "a text holds no figures"),
        ("effort: 8\n", "effort: -8\n", "'effort' must lie between 0.5 and 1000, not -8"),
        ("reaches: error_message\n    effort: 8", "reaches: platform\n    effort: 8", "must have a least share"),
        ("[, mostly seen on {platform},] and", " on {platform} and", "{platform} needs a least share"),
        ("cx: 4\n", "cx: 9\n", "'cx' must lie between 1 and 5"),
        ("not_with: [clear_message,", "not_with: [clear_mesage,", "did you mean 'clear_message'?"),
        ("history: IVR,", "history: Phone,", "'Phone' is not a history"),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, said: str, tmp_path: Path) -> None:
    text = PACKAGED_PLAYBOOK.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "playbook.yml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError) as error:
        load_playbook(file)
    line = next(line for line in str(error.value).splitlines() if said in line)
    assert line.startswith("playbook.yml:")
    assert 0 < int(line.split(":")[1]) <= len(text.splitlines()) + 1
