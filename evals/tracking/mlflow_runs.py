"""A run of suites in MLflow: what it was of, its figures, its report, its prompts, the traces of its cases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.tracking.address import AwayError, artefacts_of, hush, shown
from evals.trials.records import PAGE, SUMMARY
from warehouse.errors import UsageError

EXPERIMENT = "command-center evals"
RUN_TAG, SCORED_TAG = "eval_run", "times_scored"
_PARAMETERS = ("model", "quick", "suites", "instances", "prompts_version", "semantic_model", "code", "recipe")
_NAME = re.compile(r"[^\w\-. /:]")
_BATCH = 500


@dataclass(frozen=True)
class Tracking:
    """An MLflow that answered, and our experiment in it. Make it with `connect`, before anything is run."""

    client: Any
    address: str
    experiment: str

    def log(self, document: Mapping[str, Any], folder: Path) -> str:
        """Log a run's report (`evals.reporting.report.report`) with its files; gives MLflow's id of the run.

        A run that is there already, because it was scored again, gets its figures as a further step. Raises
        AwayError (exit 2) when the server goes away.
        """
        from evals.tracking.mlflow_prompts import register_prompts
        from evals.tracking.mlflow_traces import AT_ONCE, log_traces

        with _told(self.address):
            name, step = self._begin(document)
            self._figures(name, step, figures(document))
            for file in (folder / SUMMARY, folder / PAGE):
                if file.is_file():
                    self.client.log_artifact(name, str(file))
            self.client.set_tag(name, "gate", "passed" if document["gate"]["passed"] else "failed")
            if step == 0:
                run = document["run"]
                register_prompts(
                    self.client, name, run["prompts"], Path(at) if (at := run["prompts_folder"]) else None
                )
                away = self.address.startswith("http")
                log_traces(self.experiment, name, document, at_once=AT_ONCE if away else 1)
            self.client.set_tag(name, SCORED_TAG, str(step + 1))
            self.client.set_terminated(name)
        return name

    def _begin(self, document: Mapping[str, Any]) -> tuple[str, int]:
        """The MLflow run, and how often it was scored before."""
        run = document["run"]
        found = self.client.search_runs([self.experiment], f"tags.{RUN_TAG} = '{run['id']}'", max_results=1)
        if found:
            return str(found[0].info.run_id), int(found[0].data.tags.get(SCORED_TAG, "0"))
        made = self.client.create_run(
            self.experiment, run_name=f"{run['id']} {run['model']}", tags={RUN_TAG: run["id"]}
        )
        for name in _PARAMETERS:
            value = run[name]
            said = ", ".join(value) if isinstance(value, list | tuple) else str(value)
            self.client.log_param(made.info.run_id, name, said[:500])
        return str(made.info.run_id), 0

    def _figures(self, run: str, step: int, named: Mapping[str, float]) -> None:
        import time

        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        every = [Metric(name, value, now, step) for name, value in named.items()]
        for at in range(0, len(every), _BATCH):
            self.client.log_batch(run, metrics=every[at : at + _BATCH])


def connect(address: str) -> Tracking:
    """Find MLflow and our experiment there, which is made when missing.

    Raises UsageError (exit 2) when the extra is not installed, AwayError when nobody answers at the address.
    """
    hush()
    try:
        import mlflow
    except ImportError as error:
        raise UsageError(
            "MLflow is not installed.", where="--mlflow",
            next_step="Run `make evals-extra`, or install the extra: pip install '.[evals]'.",
        ) from error  # fmt: skip
    with _told(address):
        mlflow.set_tracking_uri(address)  # prompts and traces go where the process' own address is
        mlflow.set_registry_uri(address)
        client = mlflow.MlflowClient(tracking_uri=address, registry_uri=address)
        known = client.get_experiment_by_name(EXPERIMENT)
        if known is not None:
            return Tracking(client, address, known.experiment_id)
        made = client.create_experiment(EXPERIMENT, artifact_location=artefacts_of(address))
        return Tracking(client, address, str(made))


@contextmanager
def _told(address: str) -> Iterator[None]:
    """What MLflow or its database raises, as one error for people; an address is shown without its password."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        said = shown(str(error)).splitlines()[0][:200] if str(error) else type(error).__name__
        raise AwayError(
            f"MLflow does not take the run: {said}", where=shown(address),
            next_step="Check the address; the run itself is kept, log it with `eval rescore --mlflow ADDRESS`.",
        ) from error  # fmt: skip


def figures(document: Mapping[str, Any]) -> dict[str, float]:
    """The figures of a report by name: `tools/correct`, `tools/wrong_in_silence_high`, `guard/tag/x/correct`."""
    found: dict[str, float] = {
        "gate/worse": len(document["gate"]["worse"]),
        "regressions": len(document["regressions"]),
        "improvements": len(document["improvements"]),
    }
    for suite, body in document["suites"].items():
        found |= {f"{suite}/{name}": body[name] for name in ("cases", "p50_ms", "p95_ms", "tokens", "cost_usd")}
        for outcome, share in body["outcomes"].items():
            found[f"{suite}/{outcome}"] = share["share"]
            found |= {f"{suite}/{outcome}_{end}": share[end] for end in ("low", "high")}
        found |= {f"{suite}/failure/{name}": count for name, count in body["failures"].items()}
        for tag, part in body["by_tag"].items():
            found[f"{suite}/tag/{tag}/correct"] = part["outcomes"]["correct"]["share"]
    return {_NAME.sub("_", name): float(value) for name, value in found.items()}
