"""Time of filing, listing, filtering and exporting the appraisals of five quarters.

`python -m bench.appraisals`: 77 units, 1296, 1260, 1330, 1316 and 1461 persons, 6663 forms in
all, each the whole way to its filing. The people are simulated. Prints rows and seconds of this
process, the median of several runs where nothing is written.
"""

import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from survey_app.appraisals import books, reading, service, year
from survey_app.appraisals.roster import MemberRow
from survey_app.core import migrations
from survey_app.core.database import Database
from tests.appraising import MIDDLE, STAFF, fill_units, member, open_period, set_roster, whole

UNITS, SHARE, RUNS = 77, 0.4, 5
QUARTERS = {"2021-Q1": 1296, "2021-Q2": 1260, "2021-Q3": 1330, "2021-Q4": 1316, "2022-Q1": 1461}


def people(n: int) -> list[MemberRow]:
    """So many aliases, spread over the units, a third of them middle staff."""
    return [
        member(k, f"u{1 + k % UNITS}", STAFF if k % 3 else MIDDLE, f"岗位{k % 5}")
        for k in range(1, n + 1)
    ]


def file_quarter(database: Database, period: str, rows: Sequence[MemberRow]) -> None:
    """Everybody's form, with as many 好 as there are places."""
    period_id = open_period(database, period)
    set_roster(database, period_id, rows)
    sizes = Counter((row.unit, row.pool) for row in rows)
    taken: Counter[tuple[str, str]] = Counter()
    forms = []
    for row in rows:
        cell = (row.unit, row.pool)
        is_good = taken[cell] < int(sizes[cell] * SHARE)
        taken[cell] += is_good
        forms.append(whole(row.person, "good" if is_good else "fair"))
    service.file_many(database, "bench", period_id, forms)


def told(name: str, rows: int, seconds: float) -> None:
    print(f"{name:<28}{rows:>7} rows {seconds:>8.3f} s")


def timed(name: str, act: Callable[[], int]) -> None:
    """The median of several runs."""
    seconds = []
    for _ in range(RUNS):
        start = time.process_time()
        rows = act()
        seconds.append(time.process_time() - start)
    told(name, rows, statistics.median(seconds))


def main() -> None:
    """Build the five quarters in a scratch folder and time what an office does with them."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        migrations.upgrade(database, Path(folder) / "upgrade.lock")
        fill_units(database, UNITS)
        start = time.process_time()
        for period, n in QUARTERS.items():
            file_quarter(database, period, people(n))
        told("file five quarters", sum(QUARTERS.values()), time.process_time() - start)

        def listed(**limits: object) -> int:
            return reading.find_lines(database, reading.Wanted(**limits)).n  # type: ignore[arg-type]

        timed("list, first page", listed)
        timed("list, last page", lambda: listed(page=67))
        timed("unit, quarter and grade", lambda: listed(period="2021-Q3", unit="u5", grade="good"))
        timed("text", lambda: listed(text="岗位3"))

        def ledger() -> books.Ledger:
            return books.lines_ledger(reading.find_lines(database, reading.Wanted(page=0)), "")

        timed("export CSV", lambda: books.as_csv(ledger()).count(b"\n") - 1)
        timed("export Excel", lambda: len(ledger().rows) if books.as_xlsx(ledger()) else 0)
        timed("year with outlook", lambda: len(year.read_year(database, 2021).rows))
        database.dispose()


if __name__ == "__main__":
    main()
