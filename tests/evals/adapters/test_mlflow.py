"""Runs in MLflow on SQLite: figures, files, prompts, traces; our scorers in its evaluation. No network, no key."""

from __future__ import annotations

from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from evals import asked
from evals.tracking.address import shown, tracking_address
from evals.tracking.examples import answering, observed, to_ask
from evals.trials import observing
from evals.trials.records import PAGE, SUMMARY, Records, Run
from prompts.loader import load_prompt
from warehouse.errors import UsageError
from warehouse.settings import Settings

installed = pytest.mark.skipif(
    find_spec("mlflow") is None or find_spec("sqlalchemy") is None,
    reason="the extra `evals` is not installed: make evals-extra",
)


def test_an_address_is_checked_and_told_without_its_password(tmp_path: Path) -> None:
    assert tracking_address("local", tmp_path) == f"sqlite:///{tmp_path}/evals/mlflow.db"
    assert tracking_address("http://host:5000", tmp_path) == "http://host:5000"
    assert shown("https://ann:secret@host/x") == "https://host/x"
    for wrong in ("host:5000", "gopher://ann:secret@host", "/some/file"):
        with pytest.raises(UsageError) as told:
            tracking_address(wrong, tmp_path)
        assert "secret" not in str(told.value)


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from evals.tracking.mlflow_runs import connect

    return connect(tracking_address("local", tmp_path_factory.mktemp("mlflow")))


@installed
def test_a_run_is_logged_once_and_again_when_it_is_scored_again(tracking: Any, run: tuple[Records, Run]) -> None:
    import mlflow

    records, one = run
    document = asked.finish(records, one, {})
    name = tracking.log(document, records.folder / one.id)
    logged = tracking.client.get_run(name)
    assert (logged.info.status, logged.data.tags["eval_run"]) == ("FINISHED", one.id)
    assert logged.data.params["model"] == "embedded"
    assert logged.data.metrics["tools/cases"] == 4
    assert (
        logged.data.metrics["tools/correct"] == document["suites"]["tools"]["outcomes"]["correct"]["share"] == 0.75
    )
    assert {file.path for file in tracking.client.list_artifacts(name)} == {SUMMARY, PAGE}

    traces = mlflow.search_traces(
        locations=[tracking.experiment], run_id=name, return_type="list", include_spans=True
    )
    by_case = {trace.info.tags["case"]: trace for trace in traces}
    assert set(by_case) == {case["id"] for case in document["cases"]}
    verdicts = {case: trace.info.assessments[0].feedback.value for case, trace in by_case.items()}
    assert verdicts == {case["id"]: case["outcome"] for case in document["cases"]}
    steps = {span.name: span for span in by_case["verified"].data.spans}
    ours = next(case for case in document["cases"] if case["id"] == "verified")["spans"]
    assert len(by_case["verified"].data.spans) == len(ours)
    assert steps["answer"].parent_id is None
    assert steps["supervisor"].parent_id == steps["answer"].span_id

    assert tracking.log(asked.finish(records, one, {}), records.folder / one.id) == name
    history = tracking.client.get_metric_history(name, "tools/correct")
    assert [point.step for point in history] == [0, 1]
    again = mlflow.search_traces(locations=[tracking.experiment], run_id=name, return_type="list")
    assert len(again) == len(traces)


@installed
def test_prompts_are_registered_once_a_text(tracking: Any, run: tuple[Records, Run]) -> None:
    from evals.tracking.mlflow_prompts import register_prompts

    name = tracking.client.create_run(tracking.experiment).info.run_id
    used = run[1].prompts
    assert register_prompts(tracking.client, name, used) == dict.fromkeys(used, 1)
    assert register_prompts(tracking.client, name, used) == dict.fromkeys(used, 1)
    assert register_prompts(tracking.client, name, {"genie": "00000000"}) == {}, "a text that changed since"
    kept = tracking.client.load_prompt("prompts:/command-center-genie@latest")
    assert kept.tags["content"] == load_prompt("genie").version
    assert set(kept.variables) == set(load_prompt("genie").names())


@installed
def test_our_scorers_score_in_mlflow_what_was_observed_and_what_is_asked(
    tracking: Any, run: tuple[Records, Run], tiny_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    from evals.tracking.mlflow_scorers import SCORERS

    mlflow.set_experiment(experiment_id=tracking.experiment)
    records, one = run
    stored = mlflow.genai.evaluate(data=observed(records, one), scorers=SCORERS)
    assert stored.metrics["correct/mean"] == 0.75
    assert stored.metrics["not_wrong_in_silence/mean"] == 0.75
    assert stored.metrics["faithful/mean"] == 1.0

    monkeypatch.setattr(observing, "warehouse_of", lambda *_: tiny_warehouse)
    trials = [t for t in asked.trials(["tools"]) if t.case.id == "follow-up"]
    ask = answering(trials, Settings(var=tmp_path), tmp_path)
    live = mlflow.genai.evaluate(data=to_ask(trials), predict_fn=ask, scorers=SCORERS)
    assert live.metrics["correct/mean"] == 1.0


NOBODY = "http://ann:secret@127.0.0.1:9"


@installed
def test_a_server_that_is_away_ends_a_run_only_where_it_is_required(
    tracking: Any, run: tuple[Records, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evals.runner import run as run_suites
    from evals.tracking.tracker import Tracker

    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(UsageError) as told:
        run_suites(["tools"], settings=Settings(var=tmp_path), tracking=NOBODY, tracking_required=True)
    assert "secret" not in str(told.value)
    assert "127.0.0.1:9" in str(told.value)
    assert not (tmp_path / "evals").exists(), "nothing was asked"
    records, one = run
    said = StringIO()
    tracker = Tracker(NOBODY, required=False, out=Console(file=said, width=10_000))
    tracker.log(asked.finish(records, one), records.folder / one.id)
    first, second = said.getvalue().splitlines()  # however long the address of a refused connection makes them
    assert "tried again at the end" in first
    assert f"eval rescore {one.id} --mlflow http://127.0.0.1:9" in second
    assert "secret" not in said.getvalue()
