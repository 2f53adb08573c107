"""Published pages against the log and, for an auditor, against the scores they were made from.

Part of V6 of docs/round-log.md §7. Yields the cells that differ.
"""

import csv
import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from analysis.round_log import bundle_files as names
from analysis.round_log.bundle import Bundle, Leaf
from forms.problems import digest

PAGE = "publication"
TABLES, RANKING = "tables.zip", "综合得分排名表.csv"
DECIDED = "grades.decide"

Expected = dict[str, list[dict[str, str]]]


def check_pages(bundle: Bundle) -> Iterator[str]:
    """V6: a page shows a run of this round, and in every cell what that run found."""
    for leaf in bundle.of("release"):
        place = f"{names.RESULTS}/{leaf.n}/{leaf['name']}"
        if leaf["kind"] != PAGE or not (bundle.folder / place).exists():
            continue
        page = json.loads(bundle.content(place))
        if not _is_of_this_round(bundle, leaf, page):
            yield place
        elif bundle.is_auditors:
            due = _expected(bundle, leaf, page)
            rows = [row for group in page["classes"] for row in group["rows"]]
            yield from (f"{place} {cell}" for cell in _other_cells(rows, due))
            yield from _other_tables(bundle, leaf, page)


def _is_of_this_round(bundle: Bundle, leaf: Leaf, page: Mapping[str, Any]) -> bool:
    runs = [one["run"] for one in bundle.of("result") if one.n < leaf.n]
    stated = page["round"], page["scheme"]
    return page["run"] in runs and stated == (
        bundle.first["round"],
        digest(bundle.config["scheme"]),
    )


def _expected(bundle: Bundle, leaf: Leaf, page: Mapping[str, Any]) -> Expected:
    """What may be said of the ratees of each name, from the scores of the page's run."""
    scores = json.loads(bundle.content(f"{names.RUNS}/{page['run']}/{names.SCORES}"))
    ratees = {one["key"]: one["name"] for one in bundle.config["ratees"]}
    grades = {one["key"]: one["name"]["zh_CN"] for one in bundle.config["scheme"]["grade"]}
    is_decided = any(one["action"] == DECIDED for one in bundle.of("act") if one.n < leaf.n)
    expected: Expected = defaultdict(list)
    for one in scores["ratees"]:
        row = _row(one) | ({} if is_decided else {"grade": grades.get(one["grade"], "")})
        expected[ratees[one["key"]]].append(row)
    return expected


def _other_cells(rows: Sequence[Mapping[str, str]], expected: Expected) -> Iterator[str]:
    """`ratee cell` of all that is said otherwise; `ratee` of one missing or too many."""
    for row in rows:
        cells = _best(row, expected[row["name"]])
        if cells is None:
            yield row["name"]
        else:
            yield from (f"{row['name']} {cell}" for cell in cells)
    yield from (name for name, left in expected.items() for _ in left)


def _other_tables(bundle: Bundle, leaf: Leaf, page: Mapping[str, Any]) -> Iterator[str]:
    """The same of the ranking among the tables that were published beside the page."""
    beside = {one["sha256"] for one in page.get("files", ()) if one["name"] == TABLES}
    for one in bundle.of("release"):
        place = f"{names.RESULTS}/{one.n}/{one['name']}"
        if one["digest"] in beside and (bundle.folder / place).exists():
            rows = list(_ranking(bundle.content(place)))
            due = _expected(bundle, leaf, page) if rows else {}
            for row in (one for several in due.values() for one in several):
                row["score"] = _number(row["score"])
            yield from (f"{place} {cell}" for cell in _other_cells(rows, due))


def _ranking(packed: bytes) -> Iterator[dict[str, str]]:
    """The rows of the ranking in an archive of tables; none where it has no such table."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        if RANKING not in archive.namelist():
            return
        text = archive.read(RANKING).decode("utf-8-sig")
    for row in csv.DictReader(io.StringIO(text)):
        yield {
            "name": row["单位名称"].removeprefix("'"),  # what keeps a spreadsheet from computing
            "score": _number(row["总分"]),
            "rank": _number(row["类内名次"]),
        }


def _number(text: str) -> str:
    """A number, however many zeros end it; "" for a mark such as "—"."""
    is_one = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text)
    return f"{Decimal(text):.6f}".rstrip("0").rstrip(".") if is_one else ""


def _best(row: Mapping[str, str], candidates: list[dict[str, str]]) -> Sequence[str] | None:
    """The cells that differ from the likeliest of the ratees of a name, which is taken away."""
    found = [
        (sorted(cell for cell in row.keys() & one.keys() if row[cell] != one[cell]), n)
        for n, one in enumerate(candidates)
    ]
    if not found:
        return None
    cells, n = min(found, key=lambda one: len(one[0]))
    del candidates[n]
    return cells


def _row(one: Mapping[str, Any]) -> dict[str, str]:
    """What a page may say of a ratee, from scores.json."""
    interval = ranks = ""
    if one["lo"] is not None:
        interval = f"{one['lo']:.2f}–{one['hi']:.2f}"
    if one["rank_lo"] is not None:
        low, high = one["rank_lo"], one["rank_hi"]
        ranks = str(low) if low == high else f"{low}–{high}"
    return {
        "score": one["total"] if one["total"] is not None and not one["suppressed"] else "",
        "rank": "" if one["rank_class"] is None else str(one["rank_class"]),
        "interval": interval,
        "ranks": ranks,
    }
