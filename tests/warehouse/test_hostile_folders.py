"""Folders that change under the reader's hands, things in them that are no files, and Parquet of other types."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from warehouse import opened_files, snapshots
from warehouse.build import build
from warehouse.contract import load_contract
from warehouse.errors import MissingDataError
from warehouse.settings import Settings
from warehouse.source_files import Refused, discover, read_file

SURVEYS = load_contract()["surveys"]
HEADER = b"survey_id,member_id,survey_date,nps_score,csat_score,effort_score,feedback_text,survey_type"
ROW = b"S9,M1,2024-11-05,9,4,2,Fine,post_call\n"


# Things that are no files


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.symlink_to(path.with_name("other.csv"))
    path.with_name("other.csv").symlink_to(path)


NO_FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "folder": (Path.mkdir, "folder"),
    "pipe": (_pipe, "pipe or a device"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "pipe or a device"),
    "broken link": (lambda path: path.symlink_to("nowhere"), "no such file"),
    "links in a circle": (_loop, "symbolic links"),
}


def test_what_is_no_file_is_refused_by_name_and_holds_nothing_up(valid_sources: Path, built, ask):
    says = {f"surveys-{number}.csv": says for number, (_, says) in enumerate(NO_FILES.values())}
    for name, (make, _) in zip(says, NO_FILES.values(), strict=True):
        make(valid_sources / name)
    report = built(valid_sources)
    assert sorted(s["file"] for s in report.sources if s["refused"] == "unreadable_file") == list(says)
    found = ask("SELECT source_file, detail FROM bronze.quarantine ORDER BY ALL")
    assert [name for name, _ in found] == list(says)
    assert [name for name, detail in found if says[name] not in detail] == []
    assert report.tables["gold.surveys"] == 1


def test_folders_named_like_files_hidden_files_and_links_to_folders(valid_sources: Path, built):
    (valid_sources / "surveys-spark.csv").mkdir()
    (valid_sources / "surveys-spark.csv" / "part-0.csv").write_bytes(HEADER + b"\n" + ROW)
    (valid_sources / "surveys-spark.csv" / "._SUCCESS.csv").write_bytes(b"")
    (valid_sources / ".surveys-being-written.csv").write_bytes(HEADER)
    (valid_sources / "surveys-9.csv.part").write_bytes(HEADER)
    (valid_sources / "again").symlink_to(valid_sources)
    report = built(valid_sources)
    assert report.ignored_files == ["again", "surveys-9.csv.part"]
    assert report.tables["gold.surveys"] == 2
    assert not [s for s in report.sources if s["refused"]]


def test_a_name_that_is_no_utf_8(valid_sources: Path, built):
    path = os.fsencode(valid_sources) + b"/surveys-\xff.csv"
    Path(os.fsdecode(path)).write_bytes(HEADER + b"\n" + ROW)
    assert "surveys-\\xff.csv" in [s["file"] for s in built(valid_sources).sources if not s["refused"]]


def test_a_file_without_permission_is_refused_until_it_can_be_read(
    valid_sources: Path, built, monkeypatch: pytest.MonkeyPatch
):
    secret = valid_sources / "surveys-9.csv"
    secret.write_bytes(HEADER + b"\n" + ROW)
    real = os.open

    def forbidden(path: Path, *rest: int, **more: int) -> int:
        if path == secret:
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **more)

    monkeypatch.setattr(opened_files.os, "open", forbidden)
    report = built(valid_sources)
    assert [s["file"] for s in report.sources if s["refused"] == "unreadable_file"] == [secret.name]
    monkeypatch.undo()
    assert built(valid_sources).tables["gold.surveys"] == 2


def test_a_required_table_whose_only_file_is_refused_stops_the_build_with_the_reason(valid_sources: Path, built):
    (valid_sources / "pharmacy.csv").write_bytes(b"PK\x03\x04")
    with pytest.raises(MissingDataError, match=r"pharmacy\.csv was refused .*zip") as failure:
        built(valid_sources)
    assert failure.value.exit_code == 4


# Changes between listing and reading


def _replaced(path: Path) -> None:
    """By other content of the same length, with the same time."""
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"Fine", b"Poor"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _grown(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(ROW.replace(b"S9", b"G9"))


def _gone(path: Path) -> None:
    path.unlink()


def _a_folder_now(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _a_pipe_now(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _build_while(
    source: Path,
    change: Callable[[], object],
    settings: Settings,
    tmp_path: Path,
    label: str = "Read the source files",
):
    def progress(at: str, _: float) -> None:
        if at == label:
            change()

    return build(source, tmp_path / "warehouse", settings, progress=progress)


def test_files_that_change_while_they_are_read_are_left_to_the_next_build(
    valid_sources: Path, built, settings: Settings, tmp_path: Path, ask
):
    changes = (_grown, _replaced, _gone, _a_folder_now, _a_pipe_now)
    paths = [valid_sources / f"surveys-{number}.csv" for number in range(len(changes))]
    contents = [HEADER + b"\n" + ROW.replace(b"S9", b"F%d" % number) for number in range(len(changes))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)

    def change_all() -> None:
        for path, change in zip(paths, changes, strict=True):
            change(path)

    report = _build_while(valid_sources, change_all, settings, tmp_path)
    refused = {s["file"]: s["refused"] for s in report.sources if s["refused"]}
    assert refused == dict.fromkeys((path.name for path in paths), "changed_file")
    assert ask("SELECT survey_id FROM gold.surveys") == [("S1",)]
    for path, content in zip(paths, contents, strict=True):
        if not path.is_file():
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            path.write_bytes(content)
    built(valid_sources)
    found = ask("SELECT survey_id, feedback_text FROM gold.surveys ORDER BY 1")
    assert found == [("F0", "Fine"), ("F1", "Poor"), *((f"F{n}", "Fine") for n in (2, 3, 4)), ("G9", "Fine"),
                     ("S1", "Fine")]  # fmt: skip


def test_a_file_that_is_only_touched_is_taken(valid_sources: Path, settings: Settings, tmp_path: Path):
    report = _build_while(valid_sources, lambda: os.utime(valid_sources / "surveys.csv"), settings, tmp_path)
    assert not [s for s in report.sources if s["refused"]]


@pytest.mark.parametrize("emptied", [False, True], ids=["folder gone", "folder empty, as an unmounted disk"])
def test_a_source_folder_that_disappears_in_mid_read_publishes_nothing(
    emptied, valid_sources: Path, plain, settings: Settings, tmp_path: Path
):
    served = plain.snapshot
    (valid_sources / "surveys-9.csv").write_bytes(HEADER + b"\n" + ROW)

    def disappear() -> None:
        shutil.rmtree(valid_sources)
        if emptied:
            valid_sources.mkdir()

    with pytest.raises(MissingDataError, match="disappeared") as failure:
        _build_while(valid_sources, disappear, settings, tmp_path)
    assert failure.value.exit_code == 4
    assert str(valid_sources) in str(failure.value)
    warehouse = tmp_path / "warehouse"
    assert snapshots.current(warehouse).id == served
    assert not list(warehouse.glob(f"{snapshots.STAGING_PREFIX}*"))


def test_a_source_folder_that_disappears_while_it_is_listed(
    valid_sources: Path, built, monkeypatch: pytest.MonkeyPatch
):
    real = opened_files.looked_at

    def vanishing(table: str, name: str, path: Path) -> opened_files.SourceFile:
        found = real(table, name, path)
        shutil.rmtree(valid_sources, ignore_errors=True)
        return found

    monkeypatch.setattr("warehouse.source_files.looked_at", vanishing)
    with pytest.raises(MissingDataError, match="disappeared"):
        built(valid_sources)


# Parquet


def _parquet(path: Path, select: str) -> None:
    duckdb.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")


VALUES = {
    "survey_id": "'S9'", "member_id": "'M1'", "survey_date": "DATE '2024-11-05'", "nps_score": "9",
    "csat_score": "4", "effort_score": "2", "feedback_text": "'Fine'", "survey_type": "'post_call'",
}  # fmt: skip


def _select(**changes: str) -> str:
    return "SELECT " + ", ".join(f'{sql} AS "{name}"' for name, sql in (VALUES | changes).items())


TYPES: list[tuple[dict[str, str], str]] = [
    ({}, "2024-11-05"),
    ({"survey_date": "TIMESTAMPTZ '2024-11-05 23:30:00-05'"}, "2024-11-06"),
    ({"survey_date": "TIMESTAMP_NS '2024-11-05 10:00:00.123456789'"}, "2024-11-05"),
    ({"nps_score": "9.00::DECIMAL(10, 2)", "csat_score": "4.0::DOUBLE"}, "2024-11-05"),
    ({"survey_type": "'post_call'::ENUM('post_call', 'annual')"}, "2024-11-05"),
]


def test_parquet_of_other_types_reads_as_its_values(valid_sources: Path, built, ask):
    for number, (changes, _) in enumerate(TYPES):
        select = _select(survey_id=f"'P{number}'", **changes)
        _parquet(valid_sources / f"surveys-{number}.parquet", select)
    built(valid_sources)
    found = ask("SELECT survey_id, survey_date, nps_score, csat_score, survey_type FROM gold.surveys "
                "WHERE survey_id LIKE 'P%' ORDER BY 1")  # fmt: skip
    days = [date.fromisoformat(day) for _, day in TYPES]
    assert found == [(f"P{number}", day, 9, 4, "post_call") for number, day in enumerate(days)]


def test_parquet_with_numbers_for_dates_is_quarantined_and_with_nested_columns_refused(
    valid_sources: Path, built, ask
):
    _parquet(valid_sources / "surveys-8.parquet", _select(survey_date="1730764800000::BIGINT"))
    _parquet(valid_sources / "surveys-9.parquet", _select(member_id="{'id': 'M1'}"))
    built(valid_sources)
    assert ask("SELECT source_file, reason FROM bronze.quarantine ORDER BY ALL") == [
        ("surveys-8.parquet", "bad_timestamp"),
        ("surveys-9.parquet", "unreadable_file"),
    ]


def test_parquet_names_in_other_spelling_and_columns_nobody_knows(valid_sources: Path, built):
    names = {" Survey ID ": "'S9'", "Nested": "[1, 2]"} | {k: v for k, v in VALUES.items() if k != "survey_id"}
    _parquet(valid_sources / "surveys-9.parquet", _select(**names).replace("'S9' AS \"survey_id\", ", ""))
    report = built(valid_sources)
    assert [s["unknown_columns"] for s in report.sources if s["file"] == "surveys-9.parquet"] == [["nested"]]
    assert report.tables["gold.surveys"] == 2


# Any bytes


def taken(con: duckdb.DuckDBPyConnection, folder: Path, content: bytes, name: str = "surveys.csv"):
    """(count, good rows, set-aside lines) of a file; None when it is refused."""
    (folder / "sources").mkdir(exist_ok=True)
    (folder / "sources" / name).write_bytes(content)
    file = discover(folder / "sources", {"surveys": SURVEYS}).files[0]
    found: list[list[tuple]] = []

    def take(rows: str, set_aside: str, parts: Mapping[str, str]) -> int:
        found[:] = [con.execute(rows).fetchall(), con.execute(set_aside).fetchall()]
        return sum(map(len, found))

    try:
        return read_file(con, file, SURVEYS, folder, take).rows, *found
    except Refused:
        return None


@pytest.fixture(scope="module")
def con():
    with duckdb.connect(config={"threads": 2}) as opened:
        yield opened


@given(st.binary(max_size=200), st.sampled_from(["surveys.csv", "surveys.csv.gz", "surveys.parquet"]))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_read_or_refused(tmp_path_factory, con, content, name):
    folder = tmp_path_factory.mktemp("bytes")
    taken(con, folder, content, name)
    taken(con, folder, HEADER + b"\n" + content, "surveys.csv")


PIECES = st.lists(
    st.sampled_from(
        [b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"\0", b"\xe9", b"\xc3\xa9", b" ", b"x", b"7", b"M1,2024-11-05"]
    ),
    max_size=8,
).map(b"".join)
ROWS = st.lists(
    st.tuples(PIECES, st.booleans(), st.sampled_from([b"\n", b"\n", b"\r\n", b"\r", b"\n\n"])),
    min_size=1,
    max_size=12,
)


@given(ROWS, st.sampled_from([b"\n", b"\r\n", b"\r"]))
@settings(max_examples=150, deadline=None)
@example([(b'"', False, b"\n"), (b"", False, b"\n"), (b'"', False, b"\n")], b"\n")
def test_no_row_is_lost_whatever_its_text(tmp_path_factory, con, texts, newline):
    """Each row's id is found again: in a good row, in a text that swallowed it, or among what was set aside."""
    content = HEADER + newline
    for number, (text, quoted, end) in enumerate(texts):
        field = b'"' + text.replace(b'"', b'""') + b'"' if quoted else text
        content += b"<%d>,M1,2024-11-05,9,4,2,%s,post_call%s" % (number, field, end)
    result = taken(con, tmp_path_factory.mktemp("rows"), content)
    assert result is not None
    count, good, set_aside = result
    assert count == len(good) + len(set_aside)
    everything = repr((good, set_aside))
    assert [number for number in range(len(texts)) if f"<{number}>" not in everything] == []
    intact = [n for n, (text, quoted, _) in enumerate(texts) if text in (b"", b"x", b"7", b" ")]
    ids = {row[0] for row in good}
    if all(text in (b"", b"x", b"7", b" ") or quoted for text, quoted, _ in texts) and b"\0" not in content:
        assert {f"<{n}>" for n in intact} <= ids
