"""答卷质量情况 and 抽样与参与情况: what was handed in, what counts, and who took part."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction

from analysis.results import Participation, RoundQuality
from survey_app.assessments.wording import EVIDENCE_NAMES, FLAG_NAMES, FLAG_WORDS, form_of_round
from survey_app.reports.context import Rows, Tables, count
from survey_app.reports.screened_table import excluded_words
from survey_app.reports.sheets import Column, Mark, Section, Sheet, Value, share


def quality(tables: Tables) -> Sheet:
    """Raw, duplicate, void and valid by round and rater class, with the flags of the screens."""
    rules = sorted({rule for one in tables.assessment.quality for rule in one.flagged})
    columns = (
        Column("评议轮次", "text"),
        Column("问卷", "text"),
        Column("评议主体", "text"),
        *(Column(title, "count") for title in ("提交总数", "重复", "作废", "有效")),
        Column("有效率", "percent"),
        *(Column(FLAG_NAMES.get(rule, rule), "count", "筛查提示（份次）") for rule in rules),
    )
    rows = tuple(_quality_row(tables, one, rules) for one in tables.assessment.quality)
    counts = tables.assessment.counts
    notes = (
        f"提交总数＝重复＋作废＋有效，按份次（一份答卷评一个对象）计：合计 {counts.raw}＝"
        f"{counts.duplicate}＋{counts.void}＋{counts.valid}。",
        duplicate_words(tables),
        "筛查提示只是线索，不等于无效：" + void_words(tables),
        *excluded_words(tables),
        *(f"{FLAG_NAMES[rule]}：{FLAG_WORDS[rule]}。" for rule in rules if rule in FLAG_WORDS),
        tables.scheme_note(),
    )
    return Sheet("答卷质量情况", "答卷质量情况表", columns, (Section("", rows),), notes)


def _quality_row(tables: Tables, one: RoundQuality, rules: list[str]) -> tuple[Value, ...]:
    return (
        one.title,
        _form_title(tables, one.round),
        str(tables.scheme.rater_class_name(one.rater_class)),
        one.submitted,
        one.duplicate,
        one.void,
        one.valid,
        share(one.valid, one.submitted),
        *(one.flagged.get(rule, 0) for rule in rules),
    )


def _form_title(tables: Tables, round_key: str) -> str:
    return form_of_round(tables.assessment.questionnaires, round_key)


def findings(tables: Tables) -> Sheet:
    """筛查发现: links and answer patterns that somebody should look at, with the figures."""
    columns = (
        Column("规则", "text"),
        Column("入口或答案模式", "text"),
        Column("评议对象", "text"),
        Column("份次", "count"),
        Column("依据", "text"),
    )
    rows = tuple(
        (
            FLAG_NAMES.get(one.rule, one.rule),
            one.subject,
            tables.names.get(one.ratee, one.ratee) or Mark.NONE,
            one.n,
            "；".join(_evidence(tables, name, value) for name, value in one.evidence),
        )
        for one in tables.assessment.findings
    )
    notes = (
        "本表列出规则指向的入口和答案模式，供人核实；列入不等于无效。" + void_words(tables),
        tables.scheme_note(),
    )
    return Sheet("筛查发现", "筛查发现表", columns, (Section("", rows),), notes)


def _evidence(tables: Tables, name: str, value: str) -> str:
    if name == "rater_class":
        value = str(tables.scheme.rater_class_name(value))
    return f"{EVIDENCE_NAMES.get(name, name)} {value}"


def duplicate_words(tables: Tables) -> str:
    """What happens to a second answer from one device."""
    if tables.scheme.same_device == "count":
        return "重复：同一设备对同一对象再次作答的只作标记，照常计入（家人可能共用一部手机）。"
    return "重复：同一设备对同一对象只计一份，其余列为重复，不计入，也不删除。"


def void_words(tables: Tables) -> str:
    """Which rules take answers out."""
    rules = [FLAG_NAMES.get(rule, rule) for rule in tables.scheme.void]
    if not rules:
        return "本方案没有规定按筛查结果剔除，方案本身只把经办理手续判为无效的答卷作废。"
    return f"本方案规定“{'”“'.join(rules)}”的答卷作废，其余只提示、不剔除。"


def participation(tables: Tables) -> Sheet:
    """Who should have taken part and who did, by rater class; then forms by ratee."""
    columns = (
        Column("评议轮次", "text"),
        Column("评议主体", "text"),
        Column("应参评", "count"),
        Column("发出", "count"),
        Column("已参评", "count"),
        Column("参与率", "percent"),
        Column("最低样本（每个对象）", "count"),
        Column("达标对象", "label"),
        Column("是否达标", "label"),
        Column("各问卷收到", "text"),
    )
    grouped: dict[tuple[str, str], list[Participation]] = defaultdict(list)
    for one in tables.assessment.participation:
        grouped[one.title, one.rater_class].append(one)
    rows = tuple(_participation_row(tables, found) for found in grouped.values())
    notes = (
        "应参评按名册，发出按评议卡；开放入口没有名册，应参评和参与率记“—”。已参评按收到的答卷计，"
        "一份答卷可以评多个对象。",
        "一份答卷涉及几种问卷时，在各问卷中分别计数，已参评只计一份。",
        "最低样本由方案规定；达标对象＝该主体有效份数达到最低样本的对象数／该主体应评对象数。",
        tables.scheme_note(),
    )
    name = "抽样与参与情况"
    return Sheet(name, f"{name}表", columns, (Section("", rows),), notes)


def _participation_row(tables: Tables, found: Sequence[Participation]) -> tuple[Value, ...]:
    """One rater class of one round, over the questionnaires it answered."""
    first = found[0]
    asked = _most(one.expected for one in found)
    issued = _most(one.issued for one in found)
    in_all = _most(one.received_in_all for one in found)
    received = max(one.received for one in found) if in_all is None else in_all
    whole = asked if asked is not None else issued
    enough, rated = _reach(tables, first.rater_class)
    parts = [f"{_form_title(tables, one.round)} {one.received}" for one in found if one.received]
    return (
        first.title,
        str(tables.scheme.rater_class_name(first.rater_class)),
        count(asked),
        count(issued),
        received,
        share(received, whole) if whole else Mark.NONE,
        count(_minimum(tables, first.rater_class)),
        f"{enough}／{rated}" if rated else Mark.NONE,
        Mark.NONE if not rated else "是" if enough == rated else "否",
        "；".join(parts) or Mark.NONE,
    )


def _most(numbers: Iterable[int | None]) -> int | None:
    return max((n for n in numbers if n is not None), default=None)


def _minimum(tables: Tables, rater_class: str) -> int | None:
    found = [
        leaf.min_n
        for leaf in tables.questionnaire_leaves()
        if not leaf.all_rater_classes() or rater_class in leaf.all_rater_classes()
    ]
    return max(found, default=None)


def _reach(tables: Tables, rater_class: str) -> tuple[int, int]:
    """How many ratees have a score from this rater class, and how many should have one."""
    nodes = [
        node
        for one in tables.assessment.ratees
        for node in one.nodes
        if node.kind == "rater_class" and node.path.endswith(f"/{rater_class}")
    ]
    return sum(node.score is not None for node in nodes), len(nodes)


def ratee_counts(tables: Tables) -> Sheet:
    """Valid forms by ratee against the target of the round."""
    target = tables.target_per_ratee
    forms = list(tables.assessment.questionnaires.values())
    columns = (
        Column("序号", "ordinal"),
        Column("评议对象", "text"),
        Column("收回", "count"),
        Column("有效", "count"),
        Column("目标", "count"),
        Column("完成比例", "percent"),
        Column("是否达标", "label"),
    )
    rows: dict[str, Rows] = {}
    for key, ratees in tables.classes.items():
        lines: list[tuple[Value, ...]] = []
        for number, one in enumerate(ratees, 1):
            n = tables.ballots_of(one.key, forms)
            reached = "是" if n.valid >= target else "样本不足"
            done = share(n.valid, target)
            lines.append((number, one.name, n.received, n.valid, target, done, reached))
        rows[key] = tuple(lines)
    total = tables.assessment.counts.valid
    mean = Fraction(total, max(len(tables.assessment.ratees), 1))
    notes = (
        f"全部问卷、全部评议主体合计；平均每个对象 {float(mean):.1f} 份。目标由本轮设置规定。",
        tables.scheme_note(),
    )
    name = "各对象份数"
    return Sheet(name, "各评议对象份数表", columns, tables.sections(rows), notes)
