"""docs/semantic-model.md: its files are written and its commands run as they stand, in a folder of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "semantic-model.md"
BLOCK = re.compile(r"^```(\w+)(?: title=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_leads_from_nothing_to_the_first_answer(tmp_path):
    bin_folder = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "COMMAND_CENTER_VAR": str(tmp_path / "var"),
    }
    shown, ran = "", 0
    for language, title, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if title:
            file = tmp_path / title
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif language == "sh":
            done = subprocess.run(
                text, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            shown, ran = done.stdout, ran + 1
        elif language == "text":
            for line in text.splitlines():
                assert line in shown
    assert ran == 4
