"""Real ratings instead of a simulated city: students rate lecturers, 1 to 5.

The file is InstEval of R's lme4 package as CSV: s (student), d (lecturer), dept, service, y. It is
not shipped. A student is a rater and one ballot, a lecturer a ratee, a department a group,
`service` (lectures given for other departments) the channel.
"""

import csv
import gzip
import io
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.inputs import Inputs, RateeRow
from analysis.round_statistics.tables import assess_with_sums
from analysis.scheme import SCHEMES, Scheme
from analysis.sealed_round import IntegrityError, SealedHeader, seal_csv
from forms.problems import N_, InputError, Problem
from forms.questionnaire import Questionnaire
from survey_app.demo.building import Teller
from survey_app.demo.input_files import write_inputs
from survey_app.demo.outputs import INPUTS, SEALED, Labels, clear_outputs, write_results

QUESTIONNAIRE = Path(__file__).parent / "lecture.toml"
ROUND, TITLE = "lectures", "讲课评价（真实评分）"
STUDENT, LECTURER = "student", "lecturer"
COLUMNS = ("s", "d", "dept", "service", "y")
VALUES = ("1", "2", "3", "4", "5")
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Rating:
    """One line of the file."""

    rater: str
    ratee: str
    group: str
    channel: str
    value: str


@dataclass(frozen=True, slots=True)
class RealResult:
    """What the file holds, and what was sealed and scored of it: the same."""

    folder: Path
    ratings: int
    raters: int
    ratees: int
    groups: int
    by_value: Mapping[str, int]
    content_digest: str

    def as_json(self) -> dict[str, Any]:
        return {
            "to": str(self.folder),
            "ratings": self.ratings,
            "raters": self.raters,
            "ratees": self.ratees,
            "groups": self.groups,
            "by_value": dict(self.by_value),
            "content_digest": self.content_digest,
        }


def assess_real(path: Path, folder: Path, teller: Teller) -> RealResult:
    """Seal the ratings, assess them with the plain scheme, write the same files as for a city.

    Raises InputError with every problem of the file; IntegrityError where the sealed counts are
    not the file's.
    """
    teller.stage(f"读取 {path.name}", 0.1)
    ratings = read_ratings(path)
    clear_outputs(folder)
    scheme_file = SCHEMES / "plain.toml"
    form = Questionnaire.load(QUESTIONNAIRE)
    inputs = Inputs(ratees=_ratees(ratings))
    write_inputs(folder / INPUTS, inputs, scheme_file.read_text(encoding="utf-8"), [])
    shutil.copy(QUESTIONNAIRE, folder / INPUTS / "questionnaires" / QUESTIONNAIRE.name)
    _write_ratings(folder / INPUTS / "ratings.csv", ratings)
    teller.stage(f"封存 {len(ratings)} 条评分", 0.2)
    header = SealedHeader(ROUND, TITLE, form)
    manifest = seal_csv(folder / INPUTS / "ratings.csv", header, folder / SEALED / ROUND)
    teller.stage("核算得分，生成工作簿和表格", 0.7)
    assessment, sums = assess_with_sums([folder / SEALED], inputs, Scheme.load(scheme_file))
    sealed = Counter[str]()
    for cell in assessment.cells.rows:
        sealed[str(cell.option_number)] += cell.n
    by_value = Counter(one.value for one in ratings)
    raters = len({one.rater for one in ratings})
    if sealed != by_value or manifest.counts["ballots"] != raters:
        raise IntegrityError((Problem(path.name, N_("封存的条数与文件不符"), N_("请报告此问题")),))
    labels = Labels("讲课评价", "（真实评分）")
    write_results(folder, assessment, inputs, labels, sums)
    return RealResult(
        folder=folder,
        ratings=len(ratings),
        raters=raters,
        ratees=len(inputs.ratees),
        groups=len({row.group for row in inputs.ratees}),
        by_value=dict(sorted(by_value.items())),
        content_digest=assessment.content_digest,
    )


def read_ratings(path: Path) -> list[Rating]:
    """Every line of the file; InputError with all that are wrong (the first twenty named)."""
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        remedy = N_("请用 R 的 write.csv(InstEval) 另存")
        raise InputError([Problem(path.name, N_("不是 CSV 或 gzip 的 CSV"), remedy)]) from error
    reader = csv.DictReader(io.StringIO(text))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise InputError(
            [
                Problem(
                    f"{path.name}:1",
                    N_("缺少列 {names}"),
                    N_("表头应有 s、d、dept、service、y"),
                    {"names": "、".join(missing)},
                )
            ]
        )
    ratings = [Rating(*(row[name] or "" for name in COLUMNS)) for row in reader]
    problems = list(_problems(path.name, ratings))
    if problems or not ratings:
        empty = Problem(path.name, N_("没有一行评分"), N_("请核对文件"))
        raise InputError(problems[:SHOWN] or [empty])
    return ratings


def _problems(name: str, ratings: list[Rating]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], int] = {}
    for line, one in enumerate(ratings, start=2):
        where = f"{name}:{line}"
        if one.value not in VALUES:
            yield Problem(where, N_("y 不能是 {value}"), N_("应为 1 到 5"), {"value": one.value})
        if not (one.rater and one.ratee and one.group):
            yield Problem(where, N_("s、d 或 dept 是空的"), N_("请补上"))
        first = seen.setdefault((one.rater, one.ratee), line)
        if first != line:
            values = {"first": first}
            yield Problem(
                where, N_("与第 {first} 行重复：同一人评同一人两次"), N_("请删去一行"), values
            )


def _ratees(ratings: list[Rating]) -> tuple[RateeRow, ...]:
    groups = {one.ratee: one.group for one in ratings}
    return tuple(
        RateeRow(key, f"教师{key}", LECTURER, f"{group}系", kind="person")
        for key, group in sorted(
            groups.items(), key=lambda one: int(one[0]) if one[0].isdigit() else 0
        )
    )


def _write_ratings(path: Path, ratings: list[Rating]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["rater", "ratee", "rater_class", "channel", "item", "option"])
        writer.writerows(
            [one.rater, one.ratee, STUDENT, f"service={one.channel}", "y", one.value]
            for one in ratings
        )
