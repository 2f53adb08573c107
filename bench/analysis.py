"""Speed of an assessment, against the bare grouping of the same files: `make bench`.

Whole processes are not compared here: each step runs several times in this one, and medians
count. The city is simulated.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from analysis.assessment import assess
from analysis.scheme import Scheme
from analysis.sealed_round import expand, read_manifest
from survey_app.cli.assessing import load_inputs
from survey_app.reports.writing import write_csv, write_workbook


def timed(step: Callable[[], object], times: int) -> float:
    """Median seconds of a step."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        step()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def bare(folders: list[Path]) -> None:
    """A grouped scan an item: what any engine must do at the least."""
    with duckdb.connect() as connection:
        for folder in folders:
            path = folder / "ballots.parquet"
            columns = connection.execute(f"DESCRIBE FROM '{path}'").fetchall()
            for name, kind, *_ in columns:
                if kind == "UTINYINT":
                    connection.execute(
                        f'SELECT ratee, rater_class, stratum, channel, evidence, "{name}", '
                        f"count(*) FROM '{path}' GROUP BY ALL"
                    ).fetchall()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("out", type=Path, help="what `survey demo --to` wrote")
    options.add_argument("--times", type=int, default=5)
    given = options.parse_args()
    folders = expand([given.out / "sealed"])
    inputs = load_inputs({one.stem: one for one in (given.out / "inputs").glob("*.csv")})
    scheme = Scheme.load(given.out / "inputs" / "scheme.toml")
    rows = sum(read_manifest(one).counts["rows"] for one in folders)
    plain = timed(lambda: bare(folders), given.times)
    numbers = timed(lambda: assess(folders, inputs, scheme), given.times)
    assessment = assess(folders, inputs, scheme)
    with tempfile.TemporaryDirectory() as folder:
        tables = timed(
            lambda: (
                write_workbook(assessment, Path(folder) / "w.xlsx", title="", organiser=""),
                write_csv(assessment, Path(folder) / "csv"),
            ),
            given.times,
        )
    print(f"{rows} rows in {len(folders)} sealed folders")
    print(f"bare grouped scans   {plain:6.2f} s")
    print(f"assessment           {numbers:6.2f} s   {numbers / plain:.1f} x the bare scans")
    print(f"workbook and CSV     {tables:6.2f} s")


if __name__ == "__main__":
    main()
