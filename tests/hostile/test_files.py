"""Every hostile file is refused in plain words or read harmlessly; none costs much."""

import contextlib
import json
import re
import subprocess
import sys
import time
from dataclasses import asdict
from functools import cache

import pytest

from analysis.tables import cell_text
from forms.problems import InputError
from survey_app.core import spreadsheet
from survey_app.core.spreadsheet import CHILD, LIMITS, read_upload
from tests.hostile.files import HostileFile, every_file

READ = {
    *("nested-zip.xlsx", "merged-over-everything.xlsx", "dimension-of-everything.xlsx"),
    *("hyperlink-formula.xlsx", "dde-formula.xlsx", "webservice-formula.xlsx"),
    *("link-to-a-file.xlsx", "symbolic-link.xlsx", "both.xlsx", "book.csv"),
    *(f"member-name-{n}.xlsx" for n in range(6)),
    *("gbk.csv", "many-cells.csv", "marks-without-end.csv", "header-of-marks.csv"),
    *("formulas.csv", "direction-signs.csv", "control-signs.csv", "noncharacters.csv"),
    *("markup.csv", "placeholders.csv", "../../../etc/passwd.csv", "a\r\nX-Evil: 1.csv"),
    "名" * 400 + ".csv",
}
"""Files that hold a table all the same, which is read as text and nothing else."""
SENTENCE = re.compile("[\u4e00-\u9fff].*。.*[\u4e00-\u9fff].*。")
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
SECONDS = 2
MEMORY_KB = 64 * 1024
# A process started by a small one: what the operating system says of a child's peak begins with
# its parent's.
STARTER = (
    "import resource, subprocess, sys, os\n"
    "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=False)\n"
    "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
    "print(used.ru_utime + used.ru_stime, used.ru_maxrss)\n"
)


@cache
def corpus() -> dict[str, HostileFile]:
    return {one.name: one for one in every_file()}


def test_the_corpus_is_large() -> None:
    assert len(corpus()) >= 90


@pytest.mark.parametrize("name", sorted(corpus()))
def test_a_hostile_file_is_refused_or_read_as_text(name: str) -> None:
    if name not in READ:
        with pytest.raises(InputError, match=SENTENCE) as caught:
            read_upload(name, corpus()[name].data)
        assert len(caught.value.problems) == 1
        return
    tables = read_upload(name, corpus()[name].data)
    texts = [cell_text(cell) for one in tables for _line, row in one.rows for cell in row]
    shown = [*texts, *(text for one in tables for text in one.headers)]
    assert not any(UNSEEN.search(text) for text in texts)
    assert not any("root:" in text for text in shown)


def test_a_formula_is_read_as_what_it_showed() -> None:
    for name in ("hyperlink-formula.xlsx", "dde-formula.xlsx", "webservice-formula.xlsx"):
        (table,) = read_upload(name, corpus()[name].data)
        assert table.headers == ["shown"]


def cost(data: bytes) -> tuple[float, int]:
    """Seconds of processor time and peak kilobytes of the process that reads a workbook."""
    command = [sys.executable, "-I", str(CHILD), json.dumps(asdict(LIMITS))]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", STARTER, *command],
        input=data,
        capture_output=True,
        check=True,
    )
    seconds, kilobytes = done.stdout.split()
    return float(seconds), int(kilobytes)


@pytest.mark.long
def test_no_workbook_costs_more_than_two_seconds_and_64_megabytes() -> None:
    """Beyond what reading an honest workbook of two rows costs."""
    _seconds, honest = cost(corpus()["book.csv"].data)
    dear = {}
    for one in corpus().values():
        if one.data.startswith(spreadsheet.ZIP_MAGIC) and len(one.data) <= LIMITS.zipped:
            seconds, kilobytes = cost(one.data)
            if seconds > SECONDS or kilobytes - honest > MEMORY_KB:
                dear[one.name] = (seconds, kilobytes - honest)
    assert dear == {}


@pytest.mark.long
def test_no_text_table_costs_more_than_two_seconds() -> None:
    dear = {}
    for one in corpus().values():
        began = time.process_time()
        with contextlib.suppress(InputError):
            read_upload(one.name, one.data)
        if time.process_time() - began > SECONDS:
            dear[one.name] = time.process_time() - began
    assert dear == {}


@pytest.mark.long
def test_without_the_limits_a_bomb_goes_off() -> None:
    """The counter-proof: with memory and cells let go, the same file is read to its end."""
    bomb = corpus()["stuffed-ratio.xlsx"].data
    generous = LIMITS.__class__(memory=4 << 30, cells=10**9, unzipped=10**9)
    (table,) = read_upload("bomb.xlsx", bomb, generous)
    assert len(table.rows) * len(table.headers) > 1_000_000
