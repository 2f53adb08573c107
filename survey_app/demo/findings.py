"""What de-duplication and screening find of the dirt that was planted, rule by rule.

Sealed files hold nothing that leads back to a planted form, as they should. So rows are compared
by content: as many rows of one content as are both planted and flagged count as found.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.answers import Answers, Form, load_answers
from analysis.dedupe import judge
from analysis.engine import Engine, start_engine
from analysis.screening import LINK_RULES, Screened, screen
from analysis.sealed_round import open_sealed_rounds
from survey_app.ballots.service import FAST_SECONDS_PER_ITEM
from survey_app.demo.ballot_plan import Filled
from survey_app.demo.city_plan import City
from survey_app.demo.desk import EXPECTED
from survey_app.demo.ways_in import link_name

Content = tuple[str, str, str, str, str, bytes]
"""Questionnaire, ratee, rater class, link, pace, option numbers."""

ROW, LINK, PATTERN, FORM = "row", "link", "pattern", "submission"


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """How a rule did. `unit` is what is counted; `other_dirt` are flags on dirt of another kind."""

    unit: str
    planted: int
    found: int
    false_alarms: int
    other_dirt: int = 0
    note: str = ""

    @property
    def missed(self) -> int:
        return self.planted - self.found

    def as_json(self) -> dict[str, object]:
        return {
            "unit": self.unit,
            "planted": self.planted,
            "found": self.found,
            "missed": self.missed,
            "false_alarms": self.false_alarms,
            "other_dirt": self.other_dirt,
            "note": self.note,
        }


ROW_RULES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "same_device": (("same_device",), "误报是家人合用一部手机的诚实答卷"),
    "straight_line": (("straight_line",), "误报是真心全选同一项的诚实答卷，所以只作提示，不剔除"),
    "fast_straight_line": (("straight_line",), "只有一半多的敷衍者答得很快"),
    "too_many_blank": (("half_filled",), "必答题以外都没有填"),
}
AT_THE_DOOR: Mapping[str, str] = {
    "replayed": "同一页面重复提交：只存一份，给回原来的回执",
    "code_used": "用过的评议卡再次提交：不接受",
    "after_close": "关闭之后提交：从未接受",
    "incomplete": "漏了必答题：退回补填，不入库",
    "forged": "伪造的页面编号：不接受",
}
NOT_FOUND: Mapping[str, str] = {
    "two_phones": "一个人用两部手机各答一次：不记录身份，无法发现",
    "card_farm": "单位自己填写扣下的服务评议卡：凭卡答卷不留时间和批次，无法发现，只能管好发卡",
}


def measure(
    city: City, sealed: Path, outcomes: Mapping[tuple[str, str], int]
) -> dict[str, RuleFigures]:
    """Every rule's figures for a closed round whose sealed folders lie under `sealed`."""
    with start_engine("duckdb") as engine:
        rounds = open_sealed_rounds([sealed])
        answers = load_answers(engine, rounds)
        screened = screen(engine, answers, rounds)
        judge(engine, answers, ())
        flagged = _flagged_rows(engine, answers)
    return {
        **{rule: _at_the_door(rule, outcomes) for rule in AT_THE_DOOR},
        **{rule: _row_figures(city, rule, flagged.get(rule, Counter())) for rule in ROW_RULES},
        **_link_figures(city, screened),
        "repeated_pattern": _pattern_figures(city, screened),
        **{
            rule: RuleFigures(FORM, len(city.plan.planted(rule)), 0, 0, note=note)
            for rule, note in NOT_FOUND.items()
        },
    }


def _at_the_door(label: str, outcomes: Mapping[tuple[str, str], int]) -> RuleFigures:
    planted = sum(n for (of, _), n in outcomes.items() if of == label)
    return RuleFigures(
        FORM, planted, outcomes.get((label, EXPECTED[label]), 0), 0, note=AT_THE_DOOR[label]
    )


def _row_figures(city: City, rule: str, flagged: Counter[Content]) -> RuleFigures:
    labels, note = ROW_RULES[rule]
    wanted = _contents(city, labels)
    if rule == "fast_straight_line":
        wanted = Counter({key: n for key, n in wanted.items() if key[4] == "fast"})
    dirt = _contents(city, ("link_farm", "straight_line", "half_filled", "same_device"))
    found = (wanted & flagged).total()
    other = ((flagged - wanted) & (dirt - wanted)).total()
    return RuleFigures(
        ROW, wanted.total(), found, flagged.total() - found - other, other_dirt=other, note=note
    )


def _contents(city: City, labels: tuple[str, ...]) -> Counter[Content]:
    return Counter(
        content for one in city.plan.forms if one.label in labels for content in _content(city, one)
    )


def _content(city: City, one: Filled) -> Iterator[Content]:
    """The rows of a form as they will be sealed."""
    ratee_classes = {row.key: row.ratee_class for row in city.inputs.ratees}
    names = {row.key: row.name for row in city.inputs.ratees}
    is_open = one.kind.way == "poster"
    answered = sum(len(codes) - codes.count(0) for codes in one.codes.values())
    pace = "fast" if is_open and one.seconds < FAST_SECONDS_PER_ITEM * answered else "normal"
    for ratee, codes in one.codes.items():
        form = city.questionnaires[one.kind.key, ratee_classes[ratee]]
        link = link_name(names[ratee], one.kind) if is_open else ""
        yield form.key, ratee, one.kind.key, link, pace, codes


def _flagged_rows(engine: Engine, answers: Answers) -> dict[str, Counter[Content]]:
    """What each rule points at, by content; second answers of a device as "same_device"."""
    found: dict[str, Counter[Content]] = {}
    for form in answers.forms:
        for rule, content in _flagged_of(engine, form):
            found.setdefault(rule, Counter())[content] += 1
    return found


def _flagged_of(engine: Engine, form: Form) -> Iterator[tuple[str, Content]]:
    items = [name for _, name in form.columns]
    number = form.number
    columns = engine.query(
        f"SELECT f.rule AS rule, a.ratee AS ratee, a.rater_class AS rater_class, a.link AS link,"  # noqa: S608 -- our own names
        f" a.pace AS pace, {', '.join(f'a.{name} AS {name}' for name in items)}"
        f" FROM (SELECT round_number, ballot, ratee, rule FROM flags_{number}"
        f" UNION ALL SELECT round_number, ballot, ratee, 'same_device' AS rule"
        f" FROM repeated_{number}) f JOIN answers_{number} a"
        " ON a.round_number = f.round_number AND a.ballot = f.ballot AND a.ratee = f.ratee"
    )
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    key = form.questionnaire.key
    for rule, ratee, rater_class, link, pace, *codes in rows:
        yield rule, (key, ratee, rater_class, link, pace, bytes(codes))


def _link_figures(city: City, screened: Screened) -> dict[str, RuleFigures]:
    """Links at which the screens point: bursts are asked about, one-sided bursts are farms."""
    names = {row.key: row.name for row in city.inputs.ratees}
    farmer = next(one.kind for one in city.plan.forms if one.label == "link_farm")
    farm = link_name(names[city.plan.pushed], farmer)
    meeting = link_name(names[city.plan.meeting], farmer)
    found = {
        rule: {one.subject for one in screened.findings if one.rule == rule} for rule in LINK_RULES
    }
    burst, sided = found["link_burst"], found["one_sided_link"]
    return {
        "link_burst": RuleFigures(
            LINK,
            2,
            len(burst & {farm, meeting}),
            len(burst - {farm, meeting}),
            note=f"种下两处：刷票的{farm}和正常集会的{meeting}；扎堆只是提问，不是定论",
        ),
        "one_sided_link": RuleFigures(
            LINK,
            1,
            len(sided & {farm}),
            len(sided - {farm}),
            note=f"扎堆且一边倒：为{names[city.plan.pushed]}刷票的入口；正常集会不应列入",
        ),
    }


def _pattern_figures(city: City, screened: Screened) -> RuleFigures:
    """Answer patterns that a farm's script repeats; constant ones belong to straight lines."""
    scripts = {
        " ".join(map(str, content[5][: _n_scored(city, content[0])]))
        for content in _contents(city, ("link_farm",))
    }
    varied = {pattern for pattern in scripts if len(set(pattern.split())) > 1}
    found = {
        (one.ratee, one.subject) for one in screened.findings if one.rule == "repeated_pattern"
    }
    planted = {(city.plan.pushed, pattern) for pattern in varied}
    return RuleFigures(
        PATTERN, len(planted), len(planted & found), len(found - planted), note="刷票脚本的固定答案"
    )


def _n_scored(city: City, key: str) -> int:
    form = next(one for one in city.questionnaires.values() if one.key == key)
    return len(form.scored_items)
