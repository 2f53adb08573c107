"""A county in full size: 77 units, five quarters of everybody's appraisal, and the year from them.

1 296, 1 260, 1 330 and 1 316 persons in the quarters of 2021 and 1 461 in the next one: 6 663 filed
forms. 中层干部 and 一般干部 have places of their own; the people of one township compete by kind of
post; a village team joins in the third quarter. Seven persons of the first unit have the quarters
that the rules of the year are about.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

import numpy as np

from analysis.inputs import RateeRow
from survey_app.appraisals.roster import MemberRow
from survey_app.core.services import Services
from survey_app.demo.appraised import Quarter, file_plans, file_quarters, filled_evenly
from survey_app.demo.drawn_rows import Line, RowMaker
from survey_app.demo.small_city import Built, Period, SmallCity

SCHEME, QUARTERLY = "hengyang-annual", "hengyang-quarterly"
YEAR, N_UNITS = 2021, 77
SIZES = (1296, 1260, 1330, 1316, 1461)
LEAVERS = (0, 60, 10, 30, 5)
DUE = (
    date(2021, 4, 10),
    date(2021, 7, 10),
    date(2021, 10, 10),
    date(2022, 1, 10),
    date(2022, 4, 10),
)
QUARTERS = ("2021-Q1", "2021-Q2", "2021-Q3", "2021-Q4", "2022-Q1")
IN_YEAR = 4
BUREAUS = (
    *("县公安局", "县委办公室", "县政府办公室", "县纪委监委", "县委组织部", "县委宣传部"),
    *("县财政局", "县教育局", "县人社局", "县民政局", "县司法局", "县自然资源局"),
    *("县住建局", "县交通运输局", "县水利局", "县农业农村局", "县商务局", "县文旅广体局"),
    *("县卫生健康局", "县退役军人事务局", "县应急管理局", "县审计局", "县市场监管局", "县统计局"),
    *("县医疗保障局", "县信访局", "县城管执法局", "县乡村振兴局", "县林业局", "县档案馆"),
)
TOWN, TOWN_SIZE, FIRST_SIZE = "东湖镇", 132, 60
TOWN_POOLS = ("包村工作", "机关工作", "站所工作")
TEAM_POOL, TEAM_SIZE, TEAM_QUARTER = "乡村振兴工作队", 12, 2
OFFICE = "示例县公务员平时考核办公室"
PLACES = Decimal("0.4")
PATTERNS = (
    *("好好好好", "好好较较", "好好好一", "好较较较"),
    *("一差较较", "一一差较", "差差差差"),
)
"""002-a to 002-g: what seven persons got in four quarters."""
WORDS: Mapping[str, tuple[str, str]] = {
    "好": ("good", "99"),
    "较": ("fair", "80"),
    "一": ("average", "65"),
    "差": ("poor", "50"),
}


@dataclass(slots=True)
class _Person:
    """Somebody who is on rosters from one quarter to another."""

    key: str
    unit: str
    pool: str
    joined: int
    left: int = len(SIZES)
    pattern: str = ""

    def is_there(self, quarter: int) -> bool:
        return self.joined <= quarter < self.left

    @property
    def ratee_class(self) -> str:
        if self.pool == TEAM_POOL:
            return "village_team"
        return "township_staff" if self.pool in TOWN_POOLS else "servant"


def draw(seed: int, n_units: int = N_UNITS) -> SmallCity:
    """The county, or one with fewer units and persons in proportion."""
    rng = np.random.default_rng([seed, 600])
    units, people = _units(n_units), _people(n_units, rng)
    of_year = [one for one in people if one.is_there(IN_YEAR - 1)]
    quality = {one.key: _quality(one, rng) for one in people}
    quarters = tuple(_quarter(people, quality, place, rng) for place in range(len(SIZES)))
    rows = RowMaker(quality, rng)
    line = Line("N1", "年度考核评定", "annual", "100", "年度", OFFICE, "本单位党委（党组）")
    ratees = (
        *units,
        *(
            RateeRow(one.key, one.key, one.ratee_class, "", "person", one.unit, one.pool)
            for one in of_year
        ),
    )
    year = Period(
        SCHEME,
        str(YEAR),
        f"示例县公务员{YEAR}年度考核",
        indicators=tuple(rows.marks(line, one.key) for one in of_year),
    )
    return SmallCity(
        SCHEME,
        "示例县（公务员平时考核）",
        OFFICE,
        ratees,
        quality,
        (year,),
        seed,
        scopes={"unit": units[0].key, "leader": units[0].key, "person": people[0].key},
        looks=(
            "平时考核：各季度的名册、变动、名额和 6663 份备案",
            "年度考核：两基本一优先，每一条不予评优都写明理由",
            "workbook.xlsx",
        ),
        beforehand=Filed(quarters, tuple(one.key for one in units)),
        afterwards=partial(_tell, quarters),
    )


@dataclass(frozen=True, slots=True)
class Filed:
    """What the units file before the year is assessed."""

    quarters: Sequence[Quarter]
    units: tuple[str, ...]

    def __call__(self, services: Services) -> None:
        file_plans(services, YEAR, self.units[2:])
        file_quarters(services, self.quarters, OFFICE, QUARTERLY)


def _tell(quarters: Sequence[Quarter], _built: Built) -> Iterator[str]:
    """How many were filed, quarter by quarter."""
    counts = "，".join(f"{one.period} {len(one.forms)} 人" for one in quarters)
    yield f"  平时考核备案 {sum(len(one.forms) for one in quarters)} 份：{counts}"


def _units(n_units: int) -> list[RateeRow]:
    named = [*BUREAUS, *(f"县直单位{n:02d}" for n in range(1, N_UNITS))][: n_units - 1]
    return [
        *(RateeRow(f"u{n:02d}", name, "county_unit", "") for n, name in enumerate(named, 1)),
        RateeRow("z01", TOWN, "township", ""),
    ]


def _people(n_units: int, rng: np.random.Generator) -> list[_Person]:
    """Everybody who is ever on a roster; those with a pattern stay to the end."""
    people: list[_Person] = []
    for quarter, (full, leaving) in enumerate(zip(SIZES, LEAVERS, strict=True)):
        target = full * n_units // N_UNITS
        present = [one for one in people if one.is_there(quarter)]
        movable = [one for one in present if not one.pattern and one.pool != TEAM_POOL]
        gone = (
            rng.choice(len(movable), leaving * n_units // N_UNITS, replace=False) if quarter else ()
        )
        for place in gone:
            movable[int(place)].left = quarter
        missing = target - sum(one.is_there(quarter) for one in people)
        people += [_person(len(people) + n, n, quarter, n_units) for n in range(1, missing + 1)]
    return people


def _person(number: int, place: int, quarter: int, n_units: int) -> _Person:
    """Where somebody works, by the order of joining."""
    key = f"人员{number:04d}"
    if quarter == TEAM_QUARTER and place <= TEAM_SIZE:
        return _Person(key, "z01", TEAM_POOL, quarter)
    town = TOWN_SIZE * n_units // N_UNITS
    if quarter == 0 and place <= FIRST_SIZE:
        pattern = PATTERNS[place - 1] if place <= len(PATTERNS) else ""
        is_middle = not pattern and place % 3 == 0
        return _Person(
            key, "u01", "中层干部" if is_middle else "一般干部", quarter, pattern=pattern
        )
    if quarter == 0 and place <= FIRST_SIZE + town:
        return _Person(key, "z01", TOWN_POOLS[place % len(TOWN_POOLS)], quarter)
    unit = f"u{2 + number % (n_units - 2):02d}"
    return _Person(key, unit, "中层干部" if number % 3 == 0 else "一般干部", quarter)


def _quality(one: _Person, rng: np.random.Generator) -> float:
    return -2.0 if "差" in one.pattern else float(rng.normal(0.5, 0.4))


def _quarter(
    people: Sequence[_Person], quality: Mapping[str, float], place: int, rng: np.random.Generator
) -> Quarter:
    present = [one for one in people if one.is_there(place)]
    scores = {one.key: _score(one, quality[one.key], place, rng) for one in present}
    grades = _grades(present, scores, place)
    posts = {"中层干部": "股室负责人", "一般干部": "科员"}
    return Quarter(
        QUARTERS[place],
        DUE[place],
        tuple(
            MemberRow(one.key, one.unit, one.pool, posts.get(one.pool, one.pool), "")
            for one in present
        ),
        tuple(
            filled_evenly(one.key, scores[one.key], grades[one.key], DUE[place]) for one in present
        ),
        frozenset({"u02", "u03"}) if place == len(SIZES) - 1 else frozenset(),
    )


def _score(one: _Person, quality: float, place: int, rng: np.random.Generator) -> Decimal:
    """A multiple of a quarter point, so that every mark has two decimals."""
    if one.pattern and place < IN_YEAR:
        return Decimal(WORDS[one.pattern[place]][1])
    drawn = 82 + 8 * quality + float(rng.normal(0.0, 3.0))
    return Decimal(round(min(98.0, max(45.0, drawn)) * 4)) / 4


def _grades(
    present: Sequence[_Person], scores: Mapping[str, Decimal], place: int
) -> dict[str, str]:
    """The best of each pool within its places are 好; nobody borrows a place of another pool."""
    cells: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in present:
        cells[one.unit, one.pool].append(one.key)
    grades = {key: _by_score(score) for key, score in scores.items()}
    for members in cells.values():
        best = sorted(members, key=lambda key: (-scores[key], key))
        for key in best[: int(len(members) * PLACES)]:
            if scores[key] >= 85:
                grades[key] = "good"
    forced = {one.key: one.pattern for one in present if one.pattern and place < IN_YEAR}
    return grades | {key: WORDS[pattern[place]][0] for key, pattern in forced.items()}


def _by_score(score: Decimal) -> str:
    if score >= 70:
        return "fair"
    return "average" if score >= 60 else "poor"
