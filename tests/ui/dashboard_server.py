"""The web application over a real warehouse: `dashboard_server.py WAREHOUSE VAR_FOLDER [PORT]`.

Run by the dashboard's browser tests and by the load script. Prints the address and the sign-ins (JSON) once it
listens. Settings come from COMMAND_CENTER_* variables.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path

import uvicorn

from agents.runtime import Assistant
from ui.web import DataState, _listen, create_app
from warehouse.collector import collect_rarely
from warehouse.settings import load_settings
from warehouse.snapshots import current


def main(warehouse: Path, var: Path, port: int = 0) -> None:
    collect_rarely()  # as the command that starts a server does
    settings = load_settings(var=var)
    listener = _listen("127.0.0.1", port)
    with closing(Assistant.open(settings, warehouse)) as assistant:
        assistant.warm()
        assistant.learning.keep_up()

        def state() -> DataState:
            served = current(warehouse)
            return DataState(served.as_of.isoformat(), served.id)

        app = create_app(settings, assistant, state, warehouse)
        made = app.state.accounts.create_first(one_each=True)
        passwords = json.dumps({sign_in.name: sign_in.password for sign_in in made})
        print(f"http://127.0.0.1:{listener.getsockname()[1]} {passwords}", flush=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, proxy_headers=False))
        app.state.watch.stopping = lambda: server.should_exit
        server.run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
