"""How the program's process ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

_LINGERS = "threading.Thread(target=lambda: time.sleep(600), daemon=True).start()"


@pytest.mark.parametrize("lingering", ["", _LINGERS])
@pytest.mark.parametrize(("ends", "code"), [("None", 0), ("sys.exit(4)", 4), ("sys.exit('no')", 1)])
def test_it_ends_with_its_code_and_its_text_whatever_threads_go_on(lingering: str, ends: str, code: int) -> None:
    program = f"""
import sys, threading, time
import ui.console as console
def main():
    {lingering or "pass"}
    print("said")
    {ends}
console.main = main
console.run()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (code, "said\n")
