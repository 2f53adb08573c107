"""Inputs brought into the scheme's own words (classes, vetoes, sources), and held against it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from analysis.figures import figure_problems
from analysis.inputs import AdjustmentRow, HistoryRow, Inputs, RateeRow, VetoRow
from analysis.scheme import Scheme
from analysis.scheme.adjustments import AdjustmentSource
from analysis.scheme.components import HUNDRED, Component
from forms.definition import Text, nearest
from forms.problems import N_, InputError, Problem, plain

KIND_NAMES = {"bonus": N_("加分"), "deduction": N_("减分")}


class _Words:
    """Keys of the scheme by key and by name in any language."""

    def __init__(self, names: Mapping[str, Text]) -> None:
        self.names = names
        self.keys = {
            word: key for key, name in names.items() for word in name.translations.values()
        }
        self.keys |= {key: key for key in names}

    def key(self, word: str, where: str, name: str, problems: list[Problem]) -> str:
        """The key a word means; a problem where it means none and the scheme names any."""
        if self.names and word not in self.keys:
            guess = nearest(word, self.keys) or "、".join(self.names.values())
            values = {"name": name, "word": word, "guess": guess}
            problems.append(
                Problem(where, N_("方案里没有{name} {word}"), N_("可用的有：{guess}"), values)
            )
        return self.keys.get(word, word)


def bind(inputs: Inputs, scheme: Scheme) -> Inputs:
    """The same inputs with classes, vetoes and sources by the scheme's keys instead of its names.

    InputError with everything the scheme does not know or does not allow: classes and vetoes where
    it names any, classes without weights, sources and multipliers of adjustments, figures, and two
    results of one period in the scheme's own series, one of them without its name.
    """
    problems: list[Problem] = []
    classes = _Words(scheme.ratee_classes)
    vetoes = _Words({veto.key: veto.name for veto in scheme.vetoes})
    raters = _Words(scheme.rater_classes).keys
    bound = replace(
        inputs,
        ratees=tuple(_bind_ratee(row, classes, problems) for row in inputs.ratees),
        adjustments=tuple(_bind_adjustment(scheme, row) for row in inputs.adjustments),
        vetoes=tuple(_bind_veto(row, vetoes, problems) for row in inputs.vetoes),
        screened=tuple(
            replace(row, rater_class=raters.get(row.rater_class, row.rater_class))
            for row in inputs.screened
        ),
    )
    if not problems:
        problems += _class_problems(scheme, bound.ratees)
    problems += adjustment_problems(scheme, inputs.adjustments)
    problems += figure_problems(scheme, bound.ratees, bound.figures)
    problems += _history_problems(scheme, bound.history)
    if problems:
        raise InputError(problems)
    return bound


def adjustment_problems(scheme: Scheme, rows: Iterable[AdjustmentRow]) -> list[Problem]:
    """What the scheme's list of sources says against entries of the ledger, one a row at most."""
    found = (adjustment_problem(scheme, f"{row.ratee} {row.matter}", row) for row in rows)
    return [problem for problem in found if problem is not None]


def adjustment_problem(scheme: Scheme, where: str, row: AdjustmentRow) -> Problem | None:
    """What is wrong with one entry; None where nothing is. `where` is the place to tell."""
    rules = scheme.adjustments
    if not rules.sources:
        return _multiplier_problem(where, None, row.multiplier)
    source = rules.source(row.source)
    if source is None:
        allowed = "、".join(one.name for one in rules.sources)
        values = {"source": row.source or "—", "allowed": allowed}
        return Problem(where, N_("方案里没有加减分来源“{source}”"), N_("可选：{allowed}"), values)
    if source.kind not in (row.kind, "both"):
        return Problem(
            where,
            N_("来源“{source}”不能用于{kind}"),
            N_("请改正来源或加减"),
            {"source": source.name, "kind": KIND_NAMES[row.kind]},
        )
    if source.needs_evidence and not row.evidence:
        return Problem(
            where,
            N_("来源“{source}”没有依据"),
            N_("请写明文件号或链接，或附上文件"),
            {"source": source.name},
        )
    return _multiplier_problem(where, source, row.multiplier)


def _multiplier_problem(
    where: str, source: AdjustmentSource | None, multiplier: Decimal
) -> Problem | None:
    low, high = (source and source.multiplier) or (Decimal(1), Decimal(1))
    if low <= multiplier <= high:
        return None
    if low == high == 1:
        return Problem(where, N_("方案没有允许成倍加减分"), N_("请把倍数改为 1，或改正来源"))
    return Problem(
        where,
        N_("倍数 {multiplier} 不在 {low} 到 {high} 之间"),
        N_("请改正倍数或来源"),
        {"multiplier": plain(multiplier), "low": plain(low), "high": plain(high)},
    )


def _history_problems(scheme: Scheme, rows: Sequence[HistoryRow]) -> Iterator[Problem]:
    """A row without a series is of the scheme's own, where another may already stand."""
    named = {(row.ratee, row.period) for row in rows if row.series == scheme.key}
    for row in rows:
        if not row.series and (row.ratee, row.period) in named:
            same = f"{row.ratee} {row.period}"
            yield Problem(
                same,
                N_("{key} 与 {first} 重复"),
                N_("请删去其中一行"),
                {"key": same, "first": f"{row.ratee} {scheme.key} {row.period}"},
            )


def _class_problems(scheme: Scheme, ratees: Sequence[RateeRow]) -> Iterator[Problem]:
    """Classes of ratees whose weights do not add to 100: the scheme has none for them."""
    for ratee_class in sorted({row.ratee_class for row in ratees}):
        if not _is_weighted(scheme.components, ratee_class):
            names = [row.name for row in ratees if row.ratee_class == ratee_class]
            yield Problem(
                names[0],
                N_("方案没有给类别 {class} 的权重（{n} 个评议对象）"),
                N_("请改正名册里的类别，或在方案中写上权重"),
                {"class": ratee_class or "—", "n": len(names)},
            )


def _is_weighted(components: Sequence[Component], ratee_class: str) -> bool:
    present = [one for one in components if one.applies_to(ratee_class)]
    whole = sum((one.weight.of(ratee_class) or Decimal(0) for one in present), Decimal(0))
    return whole == HUNDRED and all(
        _is_weighted(one.components, ratee_class) for one in present if one.components
    )


def _bind_adjustment(scheme: Scheme, row: AdjustmentRow) -> AdjustmentRow:
    source = scheme.adjustments.source(row.source)
    return replace(row, source=source.key) if source else row


def _bind_ratee(row: RateeRow, classes: _Words, problems: list[Problem]) -> RateeRow:
    return replace(row, ratee_class=classes.key(row.ratee_class, row.name, N_("类别"), problems))


def _bind_veto(row: VetoRow, vetoes: _Words, problems: list[Problem]) -> VetoRow:
    return replace(row, veto=vetoes.key(row.veto, row.ratee, N_("否决事项"), problems))
