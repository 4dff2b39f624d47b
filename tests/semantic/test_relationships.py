"""Joins and bridges in a model's files: which ways lead where, and what is refused at load with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from semantic.loader import load_model
from warehouse.errors import UsageError

INSURANCE = Path(__file__).parents[1] / "data" / "insurance" / "model"


def _loaded(folder: Path, *changes: str):
    text = (INSURANCE / "datasets.yml").read_text(encoding="utf-8")
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "datasets.yml").write_text(text, encoding="utf-8")
    for name in ("dimensions.yml", "metrics.yml"):
        (folder / name).write_text((INSURANCE / name).read_text(encoding="utf-8"), encoding="utf-8")
    return load_model(folder)


def test_dimensions_come_by_joins_and_over_a_bridge():
    model = load_model(INSURANCE)
    claims = model.datasets["claims"].reached
    assert claims["region"].path == ("policies", "customers")
    assert (claims["channel"].bridge, claims["channel"].path) == ("policy_agents", ("agents",))
    assert {"product", "region", "channel"} <= model.dimensions_of("loss_ratio")


def test_no_way_leads_back_from_one_to_many():
    """A customer has several policies: customers have no product, for it would count them several times."""
    model = load_model(INSURANCE)
    assert model.dimensions_of("customers") == {"region"}
    assert "cause" not in model.dimensions_of("premium")


CLAIMS_JOIN = "joins: {policies: policy_no} # and by its policy a claim has a customer"
WRONG_PATH = "\n    paths: {region: policy.customers}"
BOTH = "joins: {policies: policy_no, customers: customer_id}"


def test_two_ways_are_an_error_with_the_choices(tmp_path):
    with pytest.raises(UsageError) as caught:
        _loaded(tmp_path, CLAIMS_JOIN, BOTH)
    assert "datasets.yml:33: several joins lead from 'claims' to 'region': policies.customers, customers" in str(
        caught.value
    )


def test_a_path_chooses_between_two_ways(tmp_path):
    model = _loaded(tmp_path, CLAIMS_JOIN, f"{BOTH}\n    paths: {{region: customers}}")
    assert model.datasets["claims"].reached["region"].path == ("customers",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ((CLAIMS_JOIN, "joins: {policy: policy_no}"), "there is no dataset 'policy'; did you mean 'policies'?"),
        (("    key: customer_id\n", ""), "'policies' joins 'customers', which has no 'key'"),
        (("    key: claim_no\n", ""), "'claims' is counted over the bridge 'policy_agents' and needs a 'key'"),
        (
            ("    grain: one row a customer", "    joins: {claims: x}\n    grain: one row a customer"),
            "in a circle",
        ),
        (
            (CLAIMS_JOIN, f"{CLAIMS_JOIN}\n    paths: {{region: policy.customers}}"),
            "did you mean 'policies.customers'?",
        ),
        (("{policies: policy_no, agents: agent_id}", "{policies: policy_no}"), "must join two datasets"),
        (("weight: share", "wieght: share"), "'wieght' means nothing here; did you mean 'weight'?"),
        (("as_of: claims", "as_of: claim"), "there is no dataset 'claim'; did you mean 'claims'?"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path, changes, said):
    with pytest.raises(UsageError) as caught:
        _loaded(tmp_path, *changes)
    assert said in str(caught.value)
    assert "datasets.yml:" in str(caught.value)
