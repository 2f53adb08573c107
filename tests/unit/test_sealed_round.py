"""A sealed round keeps the answers, forgets order and time, and shows every change."""

import json
from pathlib import Path

import duckdb
import pytest

from analysis.sealed_round import (
    Comment,
    Exclusion,
    IntegrityError,
    check_sealed_round,
    expand,
    merge_shards,
    open_sealed_rounds,
    read_exclusions,
    read_manifest,
)
from analysis.sealed_round.manifest import file_sha256
from forms.problems import InputError
from tests.unit.sealing import Extras, Row, questionnaire, seal

ROWS = [
    Row("u1", (5, 4, 3, 9, 5), submission="s1", link="L1", same_device=7),
    Row("u2", (1, 0, 2, 2, 0), submission="s1", link="L1", same_device=7),
    Row("u1", (4, 4, 4, 4, 4), submission="s2", link="L1", same_device=7, pace="fast"),
    Row("u1", (3, 3, 3, 3, 3), "delegate", submission="s3", same_device=8),
]


def rows_of(folder: Path) -> list[tuple]:
    with duckdb.connect() as connection:
        return connection.read_parquet(str(folder / "ballots.parquet")).fetchall()


def failed(folder: Path) -> list[tuple[str, str]]:
    return [
        (check.id, Path(check.place).name) for check in check_sealed_round(folder) if not check.ok
    ]


def test_answers_survive_and_submissions_do_not(tmp_path):
    manifest = seal(tmp_path / "r", ROWS)
    stored = rows_of(tmp_path / "r")
    assert sorted(row[1:6] + row[-5:] for row in stored) == sorted(
        (r.ratee, r.rater_class, "", "online", "open", *r.codes) for r in ROWS
    )
    ballots = [row[0] for row in stored]
    assert ballots == sorted(ballots)
    assert len(set(ballots)) == 3
    assert all(len(ballot) == 32 for ballot in ballots)
    assert manifest.counts == {
        "ballots": 3,
        "rows": 4,
        "by_class": {"citizen": 3, "delegate": 1},
        "ballots_by_class": {"citizen": 2, "delegate": 1},
    }
    assert failed(tmp_path / "r") == []
    assert read_manifest(tmp_path / "r") == manifest


def test_ids_are_fresh_at_every_sealing(tmp_path):
    seal(tmp_path / "a", ROWS)
    seal(tmp_path / "b", ROWS)
    assert {row[0] for row in rows_of(tmp_path / "a")}.isdisjoint(
        row[0] for row in rows_of(tmp_path / "b")
    )


def test_a_device_seen_once_leaves_no_number(tmp_path):
    seal(tmp_path / "r", ROWS)
    with duckdb.connect() as connection:
        groups = connection.sql(
            f"SELECT pace, same_device FROM '{tmp_path}/r/ballots.parquet' ORDER BY same_device"
        ).fetchall()
    assert groups[0] == ("normal", 0)
    assert len({number for _, number in groups}) == 2


def test_rounds_with_codes_keep_nothing_beside_the_answers(tmp_path):
    seal(tmp_path / "r", ROWS, extras=Extras(is_open=False))
    with duckdb.connect() as connection:
        names = connection.read_parquet(str(tmp_path / "r" / "ballots.parquet")).columns
    assert names[:6] == ["ballot", "ratee", "rater_class", "stratum", "channel", "evidence"]
    assert names[6:] == ["Q1", "Q2", "Q3", "Q4", "Q0"]
    assert failed(tmp_path / "r") == []


@pytest.mark.parametrize(
    "name",
    [
        "ballots.parquet",
        "arrivals.parquet",
        "comments.parquet",
        "exclusions.json",
        "questionnaire.json",
    ],
)
def test_one_changed_byte_is_named(tmp_path, name):
    folder = tmp_path / "r"
    seal(
        folder,
        ROWS,
        extras=Extras(
            arrivals=[("L1", 100, 2)],
            comments=(Comment("u1", "T1", "路灯不亮"),),
            exclusions=(Exclusion("s2", "paper-session", "会议作废"),),
        ),
    )
    assert failed(folder) == []
    body = bytearray((folder / name).read_bytes())
    body[len(body) // 2] ^= 1
    (folder / name).write_bytes(bytes(body))
    assert failed(folder) == [("sha256", name)]
    with pytest.raises(IntegrityError, match=name):
        open_sealed_rounds([folder])


def test_any_changed_byte_of_the_manifest_is_noticed(tmp_path):
    folder = tmp_path / "r"
    seal(folder, ROWS)
    path = folder / "manifest.json"
    body = path.read_bytes()
    for place in range(len(body)):
        changed = bytearray(body)
        changed[place] ^= 1
        path.write_bytes(bytes(changed))
        with pytest.raises(IntegrityError, match="manifest"):
            read_manifest(folder)


def test_a_changed_manifest_is_caught_by_what_it_says(tmp_path):
    folder = tmp_path / "r"
    seal(folder, ROWS)
    path = folder / "manifest.json"
    data = json.loads(path.read_bytes())
    data["counts"]["rows"] = 5
    path.write_text(json.dumps(data))
    assert failed(folder) == [("manifest", "manifest.json")]
    del data["digest"]  # whoever forges it all the same is caught by the counts
    path.write_text(json.dumps(data))
    assert failed(folder) == [("counts", "ballots.parquet")]
    path.write_text("{")
    assert failed(folder) == [("manifest", "manifest.json")]


def test_a_table_without_an_item_is_named_before_anything_is_counted(tmp_path):
    folder = tmp_path / "r"
    seal(folder, ROWS)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE b AS FROM '{folder}/ballots.parquet'")
        connection.execute(f"COPY (SELECT * EXCLUDE (Q2) FROM b) TO '{folder}/ballots.parquet'")
    data = json.loads((folder / "manifest.json").read_bytes())
    entry = next(one for one in data["files"] if one["name"] == "ballots.parquet")
    entry["sha256"] = file_sha256(folder / "ballots.parquet")
    del data["digest"]
    (folder / "manifest.json").write_text(json.dumps(data))
    assert failed(folder) == [("columns", "ballots.parquet")]
    with pytest.raises(IntegrityError, match="columns"):
        open_sealed_rounds([folder])


def test_a_missing_and_a_foreign_file_are_named(tmp_path):
    folder = tmp_path / "r"
    seal(folder, ROWS)
    (folder / "comments.parquet").unlink()
    (folder / "notes.txt").write_text("x")
    assert failed(folder) == [("sha256", "comments.parquet"), ("foreign-file", "notes.txt")]


def test_a_code_outside_the_scale_is_named_with_its_item(tmp_path):
    seal(tmp_path / "r", [Row("u1", (5, 4, 3, 7, 5))])
    assert [check for check, _ in failed(tmp_path / "r")] == ["options"]
    assert ":Q4" in next(c.place for c in check_sealed_round(tmp_path / "r") if not c.ok)


def test_exclusions_follow_the_ballot_to_its_random_id(tmp_path):
    seal(
        tmp_path / "r",
        ROWS,
        extras=Extras(exclusions=(Exclusion("s3", "test", "测试数据", ratee="u1"),)),
    )
    (opened,) = open_sealed_rounds([tmp_path / "r"])
    (row,) = read_exclusions(opened)
    delegate = next(r[0] for r in rows_of(tmp_path / "r") if r[2] == "delegate")
    assert row == {"ballot": delegate, "evidence": "测试数据", "ratee": "u1", "rule": "test"}


def test_comments_carry_no_order(tmp_path):
    comments = [Comment("u2", "T1", "乙"), Comment("u1", "T1", "丙"), Comment("u1", "T1", "甲")]
    for name, given in (("a", comments), ("b", comments[::-1])):
        seal(tmp_path / name, ROWS, extras=Extras(comments=tuple(given)))
    first, second = (read_manifest(tmp_path / x).file("comments.parquet") for x in "ab")
    assert first == second


def test_a_folder_in_use_is_refused(tmp_path):
    seal(tmp_path / "r", ROWS)
    with pytest.raises(InputError, match="不是空的"):
        seal(tmp_path / "r", ROWS)


def test_odd_folder_names_are_taken_as_they_are(tmp_path):
    folder = tmp_path / "2026 [终] 100% 'a'*?" / "ratee=u9"
    seal(folder, ROWS)
    assert failed(folder) == []
    (opened,) = open_sealed_rounds([folder])
    assert merge_shards([opened], tmp_path / "{m}").counts == opened.manifest.counts
    assert failed(tmp_path / "{m}") == []


def test_an_empty_round_seals(tmp_path):
    manifest = seal(tmp_path / "r", [])
    assert manifest.counts == {"ballots": 0, "rows": 0, "by_class": {}, "ballots_by_class": {}}
    assert failed(tmp_path / "r") == []


def test_shards_merge_into_the_whole(tmp_path):
    extras = Extras(arrivals=[("L1", 100, 2)], counts={"issued": {"citizen": 9}, "expected": 4})
    seal(tmp_path / "in" / "a", ROWS[:2], extras=extras)
    seal(tmp_path / "in" / "b", ROWS[2:], extras=extras)
    assert expand([tmp_path / "in"]) == [tmp_path / "in" / "a", tmp_path / "in" / "b"]
    merged = merge_shards(open_sealed_rounds([tmp_path / "in"]), tmp_path / "whole")
    assert sorted(rows_of(tmp_path / "whole")) == sorted(
        rows_of(tmp_path / "in" / "a") + rows_of(tmp_path / "in" / "b")
    )
    assert merged.counts == {
        "ballots": 3,
        "rows": 4,
        "by_class": {"citizen": 3, "delegate": 1},
        "ballots_by_class": {"citizen": 2, "delegate": 1},
        "issued": {"citizen": 9},
        "expected": 4,
    }
    assert failed(tmp_path / "whole") == []
    with duckdb.connect() as connection:
        arrivals = connection.read_parquet(str(tmp_path / "whole" / "arrivals.parquet")).fetchall()
    assert arrivals == [("L1", 100, 4)]


def test_shards_of_another_questionnaire_or_twice_the_same_are_refused(tmp_path):
    seal(tmp_path / "a", ROWS)
    seal(tmp_path / "b", ROWS, questionnaire("other"))
    with pytest.raises(InputError, match="问卷或方案却不同"):
        open_sealed_rounds([tmp_path / "a", tmp_path / "b"])
    (tmp_path / "copy").mkdir()
    for file in (tmp_path / "a").iterdir():
        (tmp_path / "copy" / file.name).write_bytes(file.read_bytes())
    with pytest.raises(InputError, match="同一份答卷"):
        open_sealed_rounds([tmp_path / "a", tmp_path / "copy"])


def test_a_ballot_in_two_shards_is_refused(tmp_path):
    seal(tmp_path / "a", ROWS)
    (a,) = open_sealed_rounds([tmp_path / "a"])
    seal(tmp_path / "b", ROWS[:1], round_key="r1")
    (b,) = open_sealed_rounds([tmp_path / "b"])
    merge_shards([a, b], tmp_path / "ab")
    with pytest.raises(InputError, match="不止一个分片"):
        open_sealed_rounds([tmp_path / "a", tmp_path / "ab"])


def test_nothing_sealed_and_the_same_folder_twice_are_said_together(tmp_path):
    seal(tmp_path / "a", ROWS)
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError) as caught:
        expand([tmp_path / "a", tmp_path / "a", tmp_path / "none"])
    assert len(caught.value.problems) == 2
