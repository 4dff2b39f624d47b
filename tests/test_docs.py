"""The documentation: built strictly without a network, links resolve, commands parse, pages are current."""

from __future__ import annotations

import importlib.util
import re
import shlex
import socket
from pathlib import Path
from types import ModuleType

import pytest
import typer
import yaml
from typer.core import TyperGroup

from benchmarks.performance_page import PAGE, RESULTS, page
from ui.cli import app

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = "command-center "
COMMANDS = typer.main.get_command(app)
WRONG = typer.BadParameter.__mro__[1]
"""What the parser raises for any wrong usage."""
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?(?://|https?:)[^"'\s>]+"""
    r"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|preconnect|preload|icon|dns-prefetch))[^>]*\bhref=["']?(?://|https?:)[^"'\s>]+"""
)
IMPORTED = re.compile(r"""(?:@import\s+["']?|url\(\s*["']?)(?://|https?:)[^"')]+""")


def _loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_site_is_built_strictly_and_fetches_nothing(tmp_path, monkeypatch):
    """A link or anchor that leads nowhere ends the build; pages load no file of another host."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    def refused(*_: object) -> None:
        raise AssertionError("the build wants a network")

    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.chdir(ROOT)
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(tmp_path / "site"), strict=True))
    made = {path.name for path in (tmp_path / "site").glob("*.html")}
    assert {path.with_suffix(".html").name for path in (ROOT / "docs").glob("*.md")} <= made
    for path in (tmp_path / "site").rglob("*.html"):
        assert not FETCHED.findall(path.read_text(encoding="utf-8")), path.name
    for path in (tmp_path / "site").rglob("*.css"):
        assert not IMPORTED.findall(path.read_text(encoding="utf-8")), path.name
    home = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert not re.search("google|analytics|gtag", home, re.IGNORECASE)


def test_a_page_that_arrives_is_taken_into_the_navigation(tmp_path):
    (tmp_path / "index.md").write_text("# Home")
    (tmp_path / "tickets.md").write_text("# Tickets")
    config = {"docs_dir": str(tmp_path), "nav": [{"Home": "index.md"}]}
    assert _loaded("docs_nav").on_config(config)["nav"] == [{"Home": "index.md"}, {"More": ["tickets.md"]}]
    whole = {"docs_dir": str(tmp_path), "nav": [{"All": [{"Home": "index.md"}, "tickets.md"]}]}
    assert len(_loaded("docs_nav").on_config(whole)["nav"]) == 1


def test_links_out_of_the_documentation_lead_to_files():
    """What mkdocs does not look at: README, and links from a page to the repository."""
    broken = []
    for document in DOCUMENTS:
        text = FENCE.sub("", document.read_text(encoding="utf-8"))
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target) or target.startswith("#"):
                continue
            if not (document.parent / target.partition("#")[0]).exists():
                broken.append(f"{document.name}: {target}")
    assert not broken


def _commands(document: Path) -> list[tuple[str, bool]]:
    """Command lines of fenced blocks, continued lines joined and comments taken off, and mentions in inline code.

    The second value says whether it is a mention, which may leave out what must be given.
    """
    text = document.read_text(encoding="utf-8")
    found = []
    for _, language, block in FENCE.findall(text):
        if language in ("", "sh", "console", "bash"):
            found += [(line.strip(), False) for line in block.replace("\\\n", " ").splitlines()]
    found += [(" ".join(code.split()), True) for code in re.findall(r"`([^`]+)`", FENCE.sub("", text))]
    lines = []
    for line, mention in found:
        bare = re.sub(r"^(?:\$ |\w+=\S+ )+", "", line)
        if bare.startswith(COMMAND) and "|" not in bare:
            # [--may-be-left-out] and N for a number, as usage lines write them.
            plain = re.sub(r"\[(--[^\]]*)\]", r"\1", re.sub(r"\s#.*$", "", bare))
            lines.append((re.sub(r" N\b", " 1", plain), mention))
    return lines


def _parse(line: str) -> None:
    """Hands a command line to the real commands, which are not run. Raises WRONG, and Exit for --help."""
    arguments = shlex.split(line, comments=True)[1:]
    command = COMMANDS
    context = command.make_context("command-center", arguments, resilient_parsing=False)
    while isinstance(command, TyperGroup):
        rest = [*context._protected_args, *context.args]
        _, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command, context = found, found.make_context(found.name, rest, parent=context)


@pytest.mark.parametrize("document", DOCUMENTS, ids=[document.name for document in DOCUMENTS])
def test_every_command_of_a_page_is_one(document):
    wrong = []
    for line, mention in _commands(document):
        try:
            _parse(line)
        except typer.Exit:
            pass  # --help
        except (WRONG, ValueError) as error:
            if not (mention and re.search("[Mm]issing|^$", str(error))):
                wrong.append(f"{line}: {error}")
    assert not wrong


def test_a_wrong_command_would_be_found():
    for line in ("command-center asks x", "command-center ask x --no-such", "command-center model show a b c"):
        with pytest.raises(WRONG):
            _parse(line)


def test_pages_that_are_made_are_current():
    assert PAGE.read_text(encoding="utf-8") == page(yaml.safe_load(RESULTS.read_text(encoding="utf-8"))["runs"])
    assert (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8") == _loaded(
        "architecture_picture"
    ).picture()
