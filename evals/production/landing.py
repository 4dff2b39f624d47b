"""An accepted candidate becomes a case of the suite `production`: written as YAML, read back before it counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from evals.production.candidates import Candidate
from evals.production.wording import HIDDEN
from evals.trials.case_files import FOLDER, CaseFile, read_cases
from warehouse.errors import UsageError
from warehouse.state_file import held

FILE = FOLDER / "production.yml"
_HEAD = """\
# yaml-language-server: $schema=../schema.json
# Questions that readers were not content with, redacted, as `command-center eval candidates accept` wrote them.
suite: {suite}
about: What readers of the running product asked in vain or judged badly.
instances: [seven, eleven]
cases:
"""
_ID = 9  # a dash and the candidate's id: worded anew it is the same case
_JUDGING = ("query", "sql", "same_as")


def case_of(
    candidate: Candidate, *, asked: str, gold: Mapping[str, Any], expect: Mapping[str, Any]
) -> dict[str, Any]:
    """The case as plain values; `asked` words the question anew. Raises UsageError (exit 2).

    A case says what is right: rows, or a status or words. A question of which something is hidden must be worded
    anew, and one that needs such turns before it stands without them.
    """
    question = asked or candidate.question
    after = list(candidate.after) if not any(HIDDEN in turn for turn in candidate.after) else []
    if HIDDEN in question:
        raise UsageError(
            f"Something of the question is hidden: {question!r}.", where=candidate.id,
            next_step="Word it anew, without it: --ask QUESTION.",
        )  # fmt: skip
    if not any(gold.get(name) for name in _JUDGING) and not any(expect.values()):
        raise UsageError(
            "Nothing says what is right.", where=candidate.id,
            next_step="Give --sql, --same-as, --expect, --code, --says or --never.",
        )  # fmt: skip
    if candidate.after and not after and not asked:
        raise UsageError(
            "Something is hidden in the turns before the question.", where=candidate.id,
            next_step="Word it so that it stands alone: --ask QUESTION.",
        )  # fmt: skip
    parts: dict[str, Any] = {
        "id": f"{_slug(question)}-{candidate.id}", "q": question, "after": [] if asked else after,
        "role": candidate.role, "only": dict(candidate.only), "tags": sorted(candidate.counts),
        "gold": {k: v for k, v in gold.items() if v}, "expect": {k: v for k, v in expect.items() if v},
        "why": "; ".join(candidate.reasons),
    }  # fmt: skip
    return {name: value for name, value in parts.items() if value}


def land(case: Mapping[str, Any], file: Path, lock: Path) -> bool:
    """Append a case to a suite's file, which is made when missing; False when it is there already.

    `lock` is held meanwhile; the file is replaced as a whole, once it has been read back. Raises UsageError
    (exit 2) when it would not fit the schema, or cannot be written.
    """
    try:
        with held(lock):
            before = file.read_text(encoding="utf-8") if file.is_file() else _HEAD.format(suite=file.stem)
            if any(known["id"][-_ID:] == case["id"][-_ID:] for known in yaml.safe_load(before)["cases"] or ()):
                return False
            made = file.with_name(f".{file.name}.new")
            made.write_text(f"{before.rstrip()}\n{_entry(case)}", encoding="utf-8")
            _checked(made)
            made.replace(file)
    except OSError as error:
        raise UsageError(
            f"The case cannot be written: {error.strerror}.", where=str(file),
            next_step="Work in a checkout, or name a file that you may write: --into FILE.",
        ) from error  # fmt: skip
    read_cases.cache_clear()
    return True


def _checked(made: Path) -> CaseFile:
    try:
        return read_cases(made)
    except UsageError:
        made.unlink(missing_ok=True)
        raise
    finally:
        read_cases.cache_clear()


def _entry(case: Mapping[str, Any]) -> str:
    return yaml.safe_dump([dict(case)], sort_keys=False, allow_unicode=True, width=115)


def _slug(question: str) -> str:
    words = "-".join(re.findall(r"[a-z0-9]+", question.lower()))
    return words[:48].strip("-") or "case"
