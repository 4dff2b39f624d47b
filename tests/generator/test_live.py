"""The company goes on after its last day: same shapes, new events, each once, however often the feed stops."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

import generator.feed
from generator.feed import Feed
from generator.generate import GenerateReport
from warehouse.errors import MissingDataError, UsageError

IDS = {
    "call_center": "call_id",
    "digital_interactions": "interaction_id",
    "surveys": "survey_id",
    "claims": "claim_id",
    "pharmacy": "rx_id",
    "enrollment": "enrollment_id",
}
MOMENTS = {
    "claims": "claim_date",
    "pharmacy": "fill_date",
    "enrollment": "enrollment_date",
    "call_center": "call_timestamp",
    "digital_interactions": "interaction_timestamp",
    "surveys": "survey_date",
}
DAYS = 14
DIALECT = "delim = ',', quote = '\"', escape = '\"'"
LEAKED = """
    SELECT count(*) FROM calls c JOIN pairs p USING (call_topic)
    WHERE EXISTS (FROM sessions s WHERE s.member_id = c.member_id AND s.interaction_type = p.interaction_type
        AND s.outcome <> 'success' AND s.happened < c.happened AND s.happened >= c.happened - INTERVAL 30 MINUTE)
"""


@pytest.fixture
def folder(generated: GenerateReport, tmp_path: Path) -> Path:
    """A copy of the company's sources to feed."""
    return Path(shutil.copytree(generated.out, tmp_path / "sources"))


@pytest.fixture(scope="module")
def fed(generated: GenerateReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources with two weeks of feed, in batches of six thousand events."""
    folder = Path(shutil.copytree(generated.out, tmp_path_factory.mktemp("fed") / "sources"))
    run(folder, 6000, until=date(2026, 11, 12))
    return folder


@pytest.fixture(scope="module")
def both(fed: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Calls and sessions of the fortnight before the feed and of that of the feed, in one table each."""
    with duckdb.connect() as con:
        for name, table in (("calls", "call_center"), ("sessions", "digital_interactions")):
            con.execute(
                f"CREATE TABLE {name} AS SELECT *, happened >= '2026-10-30' AS live FROM "
                f"(SELECT *, {MOMENTS[table]} AS happened {everything(fed, table)})"
            )
        con.execute(
            "CREATE TABLE pairs AS FROM (VALUES ('Billing Question', 'bill_pay'), "
            "('Pharmacy Coverage', 'pharmacy_lookup'), ('ID Card Request', 'id_card_download')) "
            "v(call_topic, interaction_type)"
        )
        yield con


def run(folder: Path, events: int, *, until: date, batches: int = 10_000) -> int:
    """Feed until that day (or for some batches); how many events were written."""
    feed, written = Feed.open(folder), 0
    for _ in range(batches):
        batch = feed.write(events, until=until)
        written += batch.events
        if not batch.events:
            break
    feed.close()
    return written


def rows(folder: Path, table: str, days: str = "2026-1*") -> list[tuple[object, ...]]:
    """The live rows of a source on some days, in the order of their ids."""
    files = f"{folder}/live/{days}/{table}-*.csv.gz"
    with duckdb.connect() as con:
        return con.execute(
            f"FROM read_csv('{files}', all_varchar = true, {DIALECT}) ORDER BY {IDS[table]}"
        ).fetchall()


def everything(folder: Path, table: str) -> str:
    """All rows of a source, generated and fed, as a FROM clause."""
    files = f"'{folder}/{table}.csv.gz', '{folder}/live/*/{table}-*.csv.gz'"
    return f"FROM read_csv([{files}], union_by_name = true, {DIALECT})"


def first(con: duckdb.DuckDBPyConnection, sql: str) -> float:
    return float(con.execute(sql).fetchall()[0][0])


def test_the_feed_begins_the_day_after_and_fills_whole_days(fed: Path) -> None:
    days = sorted(path.name for path in (fed / "live").iterdir() if path.is_dir())
    assert days[0] == "2026-10-30"
    assert days[-1] == "2026-11-12"
    assert len(days) == DAYS


@pytest.mark.parametrize("table", IDS)
def test_ids_go_on_without_gap_or_repetition_and_in_order_of_time(fed: Path, table: str) -> None:
    digits = f"CAST(regexp_extract({IDS[table]}, '[0-9]+') AS BIGINT)"
    with duckdb.connect() as con:
        con.execute(
            f"CREATE TABLE numbers AS SELECT {digits} AS number, {MOMENTS[table]} AS happened "
            + everything(fed, table)
        )
        total = first(con, "SELECT count(*) FROM numbers")
        assert first(con, "SELECT count(DISTINCT number) FROM numbers") == total
        assert first(con, "SELECT max(number) FROM numbers") == total
        live = "FROM numbers WHERE happened >= '2026-10-30'"
        assert first(con, f"SELECT min(number) {live}") == total - first(con, f"SELECT count(*) {live}") + 1
        backwards = f"SELECT happened < lag(happened) OVER (ORDER BY number) AS back {live}"
        assert first(con, f"SELECT count(*) FROM ({backwards}) WHERE back") == 0


def test_a_file_holds_what_happened_up_to_its_name(fed: Path) -> None:
    for table, moment in MOMENTS.items():
        paths = sorted((fed / "live").glob(f"*/{table}-*.csv.gz"))
        with duckdb.connect() as con:
            before = None
            for path in paths:
                low, high = con.execute(f"SELECT min({moment}), max({moment}) FROM '{path}'").fetchall()[0]
                assert before is None or low > before
                before = high
                assert f"{high:%Y%m%d-%H%M%S}" <= path.name.removeprefix(f"{table}-").removesuffix(".csv.gz")


@pytest.mark.parametrize(("table", "total"), [("claims", 4000), ("pharmacy", 4000), ("enrollment", 1200)])
def test_other_departments_send_their_rows_at_the_end_of_each_day(fed: Path, table: str, total: int) -> None:
    paths = sorted((fed / "live").glob(f"*/{table}-*.csv.gz"))
    assert [path.name for path in paths] == [
        f"{table}-{day.replace('-', '')}-235959.csv.gz" for day in sorted(path.parent.name for path in paths)
    ]
    live = f"{everything(fed, table)} WHERE {MOMENTS[table]} >= '2026-10-30'"
    with duckdb.connect() as con:
        days = con.execute(f"SELECT {MOMENTS[table]}, count(*) {live} GROUP BY ALL").fetchall()
        assert len(days) == DAYS
        assert {count for _, count in days} == {round(total / 56)}
        if table == "claims":
            assert first(con, f"SELECT avg((status IN ('Approved', 'Denied'))::INT) {live}") > 0.9
        if table == "enrollment":
            assert first(con, f"SELECT count(*) {live} AND change_type = 'new'") == 0


def test_the_same_feed_whatever_its_batches_and_stops(fed: Path, folder: Path) -> None:
    run(folder, 333, until=date(2026, 11, 1), batches=2)
    run(folder, 1111, until=date(2026, 11, 1), batches=1)
    run(folder, 5000, until=date(2026, 11, 1))
    for table in IDS:
        for days in ("2026-10-*", "2026-11-01"):
            assert rows(folder, table, days) == rows(fed, table, days)


def test_another_seed_makes_another_feed(generated: GenerateReport, tmp_path: Path) -> None:
    calls = []
    for seed in (1, 2):
        folder = Path(shutil.copytree(generated.out, tmp_path / str(seed)))
        feed = Feed.open(folder, seed=seed)
        feed.write(200)
        feed.close()
        calls.append(rows(folder, "call_center"))
    assert calls[0] != calls[1]


@pytest.mark.parametrize("dies_at", [1, 2, 3, 5])
def test_a_batch_that_was_cut_short_is_written_whole(
    fed: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    with monkeypatch.context() as patch:
        kill_before_file(patch, dies_at)
        with pytest.raises(KeyboardInterrupt):
            run(folder, 900, until=date(2026, 10, 31))
    run(folder, 5000, until=date(2026, 10, 31))
    for table in IDS:
        assert rows(folder, table) == rows(fed, table, "2026-10-*")


def kill_before_file(patch: pytest.MonkeyPatch, number: int) -> None:
    """The process ends just before that many files have their names."""
    rename, seen = generator.feed.rename_durably, []

    def dying(part: Path, path: Path) -> None:
        seen.append(path)
        if len(seen) == number:
            raise KeyboardInterrupt
        rename(part, path)

    patch.setattr(generator.feed, "rename_durably", dying)


def test_a_feed_that_forgot_where_it_was_makes_no_id_twice(folder: Path) -> None:
    run(folder, 700, until=date(2026, 10, 30), batches=1)
    (folder / "live" / ".feed.json").unlink()
    run(folder, 5000, until=date(2026, 10, 31))
    for table, key in IDS.items():
        with duckdb.connect() as con:
            assert first(con, f"SELECT count(*) - count(DISTINCT {key}) {everything(folder, table)}") == 0


def test_only_one_feed_writes_and_only_for_its_own_company(folder: Path, tmp_path: Path) -> None:
    feed = Feed.open(folder)
    with pytest.raises(UsageError, match="Another feed"):
        Feed.open(folder)
    feed.close()
    with (folder / "members.csv.gz").open("ab") as stream:
        stream.write(b"changed")
    with pytest.raises(MissingDataError, match="members have changed"):
        Feed.open(folder)
    with pytest.raises(UsageError, match="does not exist"):
        Feed.open(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingDataError, match="members"):
        Feed.open(tmp_path / "empty")


def test_a_damaged_position_is_told_and_not_guessed(folder: Path) -> None:
    run(folder, 100, until=date(2026, 10, 30), batches=1)
    (folder / "live" / ".feed.json").write_text('{"version": 1, "day": "yesterday"}')
    with pytest.raises(MissingDataError, match="where it stopped"):
        Feed.open(folder)


def test_volume_and_topics_go_on(both: duckdb.DuckDBPyConnection) -> None:
    """A fortnight of feed against the fortnight before: holidays aside there is none in either."""
    counts = "SELECT count(*) FILTER (live), count(*) FILTER (NOT live AND happened >= '2026-10-16') FROM "
    for table in ("calls", "sessions"):
        live, before = both.execute(counts + table).fetchall()[0]
        assert live == pytest.approx(before, rel=0.10)
    shares = both.execute(
        "SELECT call_topic, avg(live::INT) FROM calls WHERE happened >= '2026-10-16' "
        "GROUP BY call_topic HAVING count(*) > 800"
    ).fetchall()
    assert len(shares) > 3
    for topic, share in shares:
        assert share == pytest.approx(0.5, abs=0.06), topic


def test_leaks_stay_where_they_had_risen_to(both: duckdb.DuckDBPyConnection) -> None:
    live, last = (
        first(both, LEAKED + f"AND {days}") for days in ("c.live", "c.happened >= '2026-10-27' AND NOT c.live")
    )
    # Relative to calls: the last three days before the feed are at the story's level, as all of its days are.
    live /= first(both, "SELECT count(*) FROM calls WHERE live")
    last /= first(both, "SELECT count(*) FROM calls WHERE NOT live AND happened >= '2026-10-27'")
    assert live == pytest.approx(last, rel=0.15)
    message = "error_code = 'ELG-4031' AND interaction_type = 'bill_pay' AND outcome <> 'success'"
    told = first(both, f"SELECT avg(({message})::INT) FROM sessions WHERE live AND interaction_type = 'bill_pay'")
    before = first(
        both,
        f"SELECT avg(({message})::INT) FROM sessions "
        "WHERE NOT live AND happened >= '2026-10-27' AND interaction_type = 'bill_pay'",
    )
    assert told == pytest.approx(before, rel=0.25)


def test_repeats_and_moods_go_on_across_the_seam(both: duckdb.DuckDBPyConnection) -> None:
    earlier = "e.happened < c.happened AND e.happened >= c.happened - INTERVAL 7 DAY"
    repeat = f"EXISTS (FROM calls e WHERE (e.member_id, e.call_topic) = (c.member_id, c.call_topic) AND {earlier})"
    negative = "sentiment = 'negative'"
    days = both.execute(
        f"SELECT call_date, avg(({repeat})::INT), avg(({negative})::INT) FROM calls c WHERE live GROUP BY 1"
    ).fetchall()
    assert len(days) == DAYS
    for day, repeated, unhappy in days:
        assert repeated == pytest.approx(0.2355, abs=0.03), day
        assert unhappy == pytest.approx(0.331, abs=0.02), day


def test_nobody_new_and_nobody_twice_on_a_topic_a_day(both: duckdb.DuckDBPyConnection, fed: Path) -> None:
    members = f"SELECT member_id FROM '{fed}/members.csv.gz'"
    assert first(both, f"SELECT count(*) FROM calls WHERE live AND member_id NOT IN ({members})") == 0
    of_a_day = "FROM calls WHERE live GROUP BY member_id, call_topic, call_date"
    assert first(both, f"SELECT max(calls) FROM (SELECT count(*) AS calls {of_a_day})") == 1
