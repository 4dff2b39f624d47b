"""Another company's model over its own file: every answer against SQL on the plain tables, and what is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml

from agents.runtime import Assistant
from semantic.company import NO_MEMBERS, Company, open_company
from semantic.compiler import NotAnswerable, compile_query
from semantic.query import DimensionFilter, SemanticQuery, TimeRange
from warehouse.audit import AuditLog
from warehouse.errors import DeniedError, MissingDataError, UsageError
from warehouse.principal import Principal
from warehouse.settings import Settings

INSURANCE = Path(__file__).parents[1] / "data" / "insurance"
WITNESSES = INSURANCE / "questions.yml"
QUESTIONS = yaml.safe_load(WITNESSES.read_text(encoding="utf-8"))
EXECUTIVE = Principal("tester", "executive")


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    sys.path.insert(0, str(INSURANCE))
    try:
        from make import write
    finally:
        sys.path.remove(str(INSURANCE))
    path = tmp_path_factory.mktemp("insurance") / "insurance.duckdb"
    write(path)
    return path


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    return Settings(var=tmp_path_factory.mktemp("var"))


@pytest.fixture(scope="module")
def company(file, settings) -> Company:
    return open_company(INSURANCE / "model", file, settings)


@pytest.fixture(scope="module")
def assistant(company, settings, file) -> Iterator[Assistant]:
    opened = Assistant.open(settings, file, company=company)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def plain(file) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(file), read_only=True) as connection:
        yield connection


def _figures_of(rows) -> dict[tuple[str, ...], list[float]]:
    """Figures by what they are of."""
    found = {}
    for row in rows:
        words = tuple(cell for cell in row if isinstance(cell, str))
        assert words not in found
        found[words] = [float(cell) for cell in row if not isinstance(cell, str)]
    return found


@pytest.mark.parametrize("case", QUESTIONS, ids=[case["question"] for case in QUESTIONS])
def test_an_answer_is_what_plain_sql_says(assistant, plain, case):
    answer = assistant.ask(case["question"], EXECUTIVE)
    assert answer.status == "answered", answer.text
    said = _figures_of(answer.rows)
    wanted = _figures_of(plain.execute(case["sql"]).fetchall())
    assert said.keys() == wanted.keys()
    for words, figures in wanted.items():
        assert said[words] == pytest.approx(figures, abs=0.005)


@pytest.mark.parametrize("before", ["Walk me through a customer journey", "What should we fix first?"])
def test_a_conversation_goes_on_after_what_this_model_cannot_answer(before, assistant):
    refused = assistant.ask(before, EXECUTIVE, f"after {before}")
    assert refused.status == "refused"
    assert refused.follow_ups
    assert {assistant.ask(offered, EXECUTIVE).status for offered in refused.follow_ups} == {"answered"}
    assert assistant.ask("Premium by region", EXECUTIVE, f"after {before}").rows


def test_parts_over_a_bridge_are_not_said_to_be_the_whole(assistant):
    answer = assistant.ask("claims by channel this year", EXECUTIVE)
    assert "In total" not in answer.text
    assert any("counts under each of them" in said for said in answer.assumptions)
    whole = assistant.ask("claims by region this year", EXECUTIVE)
    assert "In total" in whole.text
    assert not any("counts under each" in said for said in whole.assumptions)


def test_divided_sums_make_up_the_whole(company, settings):
    whole = _figures(company, settings, ("premium", "claims_paid"), ())[0]
    for dimension in ("agent_name", "channel"):
        parts = _figures(company, settings, ("premium", "claims_paid"), (dimension,))
        assert [round(sum(row[n] for row in parts), 2) for n in (1, 2)] == [round(float(c), 2) for c in whole]


def test_the_snapshot_follows_the_content_of_the_file(company, file, settings, tmp_path):
    copied = tmp_path / "copy of it.duckdb"
    shutil.copy(file, copied)
    assert open_company(INSURANCE / "model", copied, settings).snapshot.id == company.snapshot.id
    with duckdb.connect(str(copied)) as connection:
        connection.execute("UPDATE claims SET paid = 1 WHERE claim_no = 1")
    assert open_company(INSURANCE / "model", copied, settings).snapshot.id != company.snapshot.id


def test_the_snapshot_is_called_the_same_in_every_process(tmp_path):
    joined = ("ports", "ships", "crews", "owners")
    one = {"grain": "one", "key": "id"}
    datasets = {name: {**one, "table": name, "dimensions": {f"{name}_name": "name"}} for name in joined}
    calls = {"table": "calls", "grain": "a call", "time": "day", "joins": {name: f"{name}_id" for name in joined}}
    datasets["calls"] = {**calls, "measures": {"calls": {"aggregate": "count"}}}
    label = {"description": "Text", "owner": "Test"}
    words = {f"{name}_name": {**label, "label": name} for name in joined}
    calls = {**label, "label": "Calls", "unit": "count", "polarity": "neutral", "numerator": "calls"}
    model = {"model": "harbour", "datasets": datasets, "dimensions": words, "metrics": {"calls": calls}}
    (tmp_path / "model.yml").write_text(yaml.safe_dump(model), encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from semantic.loader import load_model; from semantic.views import "
        "views; print([view.body.sql() for view in views(load_model(Path(sys.argv[1])))])"
    )
    texts = set()
    for seed in ("0", "1"):  # orders sets otherwise in each process
        run = [sys.executable, "-c", code, str(tmp_path)]
        environment, here = {**os.environ, "PYTHONHASHSEED": seed}, Path(__file__).parents[2]
        texts.add(subprocess.run(run, env=environment, check=True, capture_output=True, cwd=here).stdout)
    assert len(texts) == 1


def test_what_the_model_does_not_name_cannot_be_read(company, settings):
    for sql in (
        "SELECT full_name FROM gold.customers",
        "SELECT * FROM main.customers",
        "SELECT * FROM source.main.customers",
        "SELECT * FROM read_csv('/etc/passwd')",
    ):
        with pytest.raises(DeniedError):
            _run(company, settings, sql, EXECUTIVE)


def test_without_a_member_id_the_missing_rule_is_told(company):
    assert NO_MEMBERS in company.notes


# With a member: customers are people now, and every row that joins lead from to a customer is about one.


MEMBER = ("key: customer_id", "key: customer_id\n    member: customer_id")


@pytest.fixture(scope="module")
def people(file, settings, tmp_path_factory) -> Company:
    folder = _copied(
        tmp_path_factory.mktemp("people"), "key: customer_id", "key: customer_id\n    member: customer_id"
    )
    return open_company(folder, file, settings)


def test_with_a_member_id_small_cells_are_withheld(people, settings, plain):
    assert NO_MEMBERS not in people.notes
    sql = "SELECT cause, region, COUNT(*) AS n FROM gold.claims GROUP BY cause, region"
    result = _run(people, settings, sql, EXECUTIVE)
    few = plain.execute(
        "SELECT cause, region FROM claims JOIN policies USING (policy_no) JOIN customers USING (customer_id) "
        "GROUP BY ALL HAVING COUNT(DISTINCT customer_id) < 11"
    ).fetchall()
    assert few
    assert {row[:2] for row in result.rows if row[2] is None} >= set(few)


def test_with_a_member_id_rows_and_ids_stay_closed(people, settings):
    for sql in (
        "SELECT customer_id FROM gold.claims",
        "SELECT claim_no, paid FROM gold.claims",
        "SELECT SUM(paid) FROM (SELECT DISTINCT claim_no, paid FROM gold.claims__policy_agents)",
    ):
        with pytest.raises(DeniedError):
            _run(people, settings, sql, Principal("tester", "analyst"))


def test_with_a_member_id_counts_over_a_bridge_are_of_distinct_rows(people, settings, plain):
    rows = _figures(people, settings, ("claims",), ("channel",))
    wanted = dict(
        plain.execute(
            "SELECT COALESCE(channel, 'No agent'), COUNT(DISTINCT claim_no) FROM claims "
            "LEFT JOIN policy_agents USING (policy_no) LEFT JOIN agents USING (agent_id) GROUP BY 1"
        ).fetchall()
    )
    shown = {row[0]: row[1] for row in rows if row[1] is not None}
    assert len(shown) >= 3
    assert shown.items() <= wanted.items()


def test_whole_sums_of_members_rows_over_a_bridge_are_refused_by_name(file, settings, tmp_path):
    folder = _copied(
        tmp_path, "key: customer_id", "key: customer_id\n    member: customer_id", "    weight: share", ""
    )
    unweighted = open_company(folder, file, settings)
    with pytest.raises(NotAnswerable, match="policy_agents"):
        _compiled(unweighted, ("claims_paid",), ("channel",))
    _compiled(unweighted, ("claims_paid",), ("agent_number",))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("table: claims\n", "table: claim\n", "there is no table main.claim; did you mean main.claims?"),
        ("column: paid}", "column: payd}", "main.claims has no column payd; did you mean paid?"),
        ("key: customer_id", "key: region", "main.customers.region does not tell the rows apart"),
    ],
)
def test_a_model_that_does_not_fit_its_file_is_told(file, settings, tmp_path, old, new, said):
    with pytest.raises(UsageError) as caught:
        open_company(_copied(tmp_path, old, new), file, settings)
    assert said in str(caught.value)


def test_a_file_that_is_none_is_told(settings, tmp_path):
    text = tmp_path / "no.duckdb"
    text.write_text("not a database")
    for path in (text, tmp_path / "absent.duckdb"):
        with pytest.raises(MissingDataError):
            open_company(INSURANCE / "model", path, settings)


def test_roles_can_be_granted_single_tables(file, settings, tmp_path):
    folder = _copied(tmp_path)
    (folder / "policy").mkdir()
    roles = {role: {"tables": "all", "data": "shared"} for role in (
        "executive", "product_owner", "member_advocate", "data_engineer", "ml_engineer")}  # fmt: skip
    roles["analyst"] = {"tables": ["claims"], "data": "shared"}
    (folder / "policy" / "roles.yml").write_text(yaml.safe_dump({"row_filters": [], "roles": roles}))
    company = open_company(folder, file, settings)
    analyst = Principal("tester", "analyst")
    assert _run(company, settings, "SELECT COUNT(*) AS n FROM gold.claims", analyst).rows
    with pytest.raises(DeniedError):
        _run(company, settings, "SELECT COUNT(*) AS n FROM gold.policies", analyst)


def _copied(folder: Path, *changes: str) -> Path:
    target = folder / "model"
    shutil.copytree(INSURANCE / "model", target)
    datasets = target / "datasets.yml"
    text = datasets.read_text(encoding="utf-8")
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in text
        text = text.replace(old, new, 1)
    datasets.write_text(text, encoding="utf-8")
    return target


def _compiled(company: Company, metrics, dimensions, filters=()):
    snapshot = company.snapshot
    time = TimeRange(start=snapshot.first_day, end=snapshot.as_of)
    query = SemanticQuery(metrics=metrics, dimensions=dimensions, filters=filters, time=time)
    return compile_query(company.model, query, as_of=snapshot.as_of, first_day=snapshot.first_day)


def _figures(company: Company, settings: Settings, metrics, dimensions) -> list[tuple[object, ...]]:
    return _run(company, settings, _compiled(company, metrics, dimensions).sql, EXECUTIVE).rows


def _run(company: Company, settings: Settings, sql: str, principal: Principal):
    door = company.door(AuditLog.of(settings))
    try:
        return door.query(sql, principal)
    finally:
        door.close()


def test_two_filters_over_a_bridge_count_a_row_once(company, settings, plain):
    compiled = _compiled(
        company, ("claims",), (), (DimensionFilter(dimension="channel", values=("Branch", "Online")),)
    )
    wanted = plain.execute(
        "SELECT COUNT(*) FROM claims WHERE policy_no IN (SELECT policy_no FROM policy_agents JOIN agents "
        "USING (agent_id) WHERE channel IN ('Branch', 'Online'))"
    ).fetchone()
    assert _run(company, settings, compiled.sql, EXECUTIVE).rows == [wanted]


def test_a_file_that_changes_while_it_is_open_is_told(file, settings, tmp_path):
    copied, changed = tmp_path / "insurance.duckdb", tmp_path / "changed.duckdb"
    for path in (copied, changed):
        shutil.copy(file, path)
    with duckdb.connect(str(changed)) as connection:  # a worker may hold a lock on the file that is read
        connection.execute("DELETE FROM claims")
        connection.execute("CHECKPOINT")
    door = open_company(INSURANCE / "model", copied, settings).door(AuditLog.of(settings))
    assert door.query("SELECT COUNT(*) AS n FROM gold.claims", EXECUTIVE).rows
    shutil.copyfile(changed, copied)
    with pytest.raises(MissingDataError, match="changed"):
        door.query("SELECT COUNT(*) AS n FROM gold.claims", EXECUTIVE)
    door.close()


def test_columns_may_be_called_what_their_owner_likes(settings, tmp_path):
    path = tmp_path / "it's a file.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute('CREATE SCHEMA "Sales 24"')
        connection.execute(
            'CREATE TABLE "Sales 24"."Order" ("Order No" INT, "Group" VARCHAR, "when" DATE, "Amount €" INT)'
        )
        connection.execute(
            'INSERT INTO "Sales 24"."Order" '
            "SELECT i, 'G' || (i % 2), DATE '2026-01-01' + i::INT, i FROM range(10) t(i)"
        )
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.yml").write_text(ODD_NAMES, encoding="utf-8")
    company = open_company(folder, path, settings)
    rows = _figures(company, settings, ("orders", "amount"), ("team",))
    assert sorted(rows) == [("G0", 5, 20), ("G1", 5, 25)]


ODD_NAMES = """
model: odd
datasets:
  orders:
    table: Sales 24.Order
    grain: one row an order
    key: Order No
    time: when
    dimensions: {team: Group}
    measures:
      orders: {aggregate: count}
      amount: {aggregate: sum, column: Amount €}
dimensions:
  team: {label: Team, description: Who sold, owner: Sales}
metrics:
  orders: {label: Orders, description: Orders, unit: count, polarity: higher, owner: Sales, numerator: orders}
  amount: {label: Amount, description: Dollars, unit: usd, polarity: higher, owner: Sales, numerator: amount}
"""


def test_without_weights_each_value_gets_the_whole_once(file, settings, tmp_path, plain):
    """A policy with two agents of one channel gives its premium to the channel once."""
    company = open_company(_copied(tmp_path, "    weight: share", ""), file, settings)
    wanted = plain.execute(
        "SELECT channel, SUM(premium) FROM (SELECT DISTINCT policy_no, premium, "
        "COALESCE(channel, 'No agent') AS channel FROM policies LEFT JOIN policy_agents USING (policy_no) "
        "LEFT JOIN agents USING (agent_id)) GROUP BY 1"
    ).fetchall()
    found = _figures(company, settings, ("premium",), ("channel",))
    assert {row[0]: row[1] for row in found} == pytest.approx({name: float(total) for name, total in wanted})
