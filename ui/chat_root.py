"""The folder that Chainlit runs from: settings, words and public files, copied into our state folder.

Chainlit writes beside its settings (translations, temporary files). Giving it a folder of its own keeps the
repository and an installed package clean.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

from warehouse.settings import Settings

PACKAGED = Path(__file__).parent / "chainlit_root"
MOUNT_PATH = "/chat"


def prepare(settings: Settings) -> Path:
    """Lay out Chainlit's folder under `settings.state` and point Chainlit at it, before it is imported."""
    root = (settings.state / "chainlit").resolve()
    (root / ".chainlit" / "translations").mkdir(parents=True, exist_ok=True)
    # Sessions, questions and answers live here: nobody else on the machine may look.
    settings.state.chmod(0o700)
    shutil.rmtree(root / ".files", ignore_errors=True)
    shutil.copytree(PACKAGED / "public", root / "public", dirs_exist_ok=True)
    shutil.copy(PACKAGED / "config.toml", root / ".chainlit" / "config.toml")
    shutil.copy(PACKAGED / "chainlit.md", root / "chainlit_en-US.md")
    words = json.dumps(_words(), ensure_ascii=False)
    (root / ".chainlit" / "translations" / "en-US.json").write_text(words, encoding="utf-8")
    os.environ.update(
        {
            "CHAINLIT_APP_ROOT": str(root),
            "CHAINLIT_AUTH_SECRET": session_secret(settings),
            "CHAINLIT_CUSTOM_AUTH": "1",
            "CHAINLIT_AUTH_COOKIE_NAME": session_cookie(secure=settings.server.https),
            "DO_NOT_TRACK": "true",
        }
    )
    return root


def session_cookie(*, secure: bool) -> str:
    """The session cookie's name: behind TLS one that browsers take from this host only, for all of it."""
    return "__Host-session" if secure else "access_token"


def session_secret(settings: Settings) -> str:
    """The secret that signs sessions: from the environment, else a random one kept in our state (mode 0600)."""
    if settings.session_secret is not None:
        return settings.session_secret.get_secret_value()
    file = settings.state / "session.key"
    if not file.exists():
        settings.state.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as key:
            key.write(secrets.token_hex(32))
    return file.read_text(encoding="ascii")


def _words() -> dict[str, Any]:
    """Chainlit's English with our own wording laid over it."""
    from ui.assets import package_folder  # brings in a web server, which a session's secret needs not

    theirs = json.loads((package_folder("chainlit") / "translations" / "en-US.json").read_text(encoding="utf-8"))
    ours = json.loads((PACKAGED / "words.json").read_text(encoding="utf-8"))
    return _laid_over(theirs, ours)


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        merged[key] = _laid_over(merged.get(key, {}), value) if isinstance(value, dict) else value
    return merged
