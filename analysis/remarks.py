"""Facts about a run that its figures alone do not show, for the page of explanations."""

from collections.abc import Iterable, Iterator

from analysis.composition import Composed
from analysis.figures import unused_figures
from analysis.ledger import LARGE_SHARE, is_large
from analysis.note import Note
from analysis.run import Run
from analysis.scheme.words import MIX_BY
from analysis.screening import LONG_FORM
from analysis.survey_leaves import SurveyLeaves
from forms.problems import N_, plain

NAMED = 5


def notes(run: Run, surveys: SurveyLeaves, composed: Iterable[Composed]) -> Iterator[Note]:
    """Facts about the run that its figures alone do not show."""
    if run.sealed:
        yield from _on_devices(run)
    yield from _on_forms(run)
    yield from _on_decisions(run)
    for (path, key), n in sorted(surveys.unweighted.items()):
        yield Note(
            N_("「{component}」没有给评议主体「{rater_class}」权重，其 {n} 份评议不计分"),
            {"component": path, "rater_class": str(run.scheme.rater_class_name(key)), "n": n},
        )
    for (path, by, value), n in sorted(surveys.uncounted.items()):
        yield Note(
            N_("「{component}」没有给{by}“{value}”权重，其 {n} 份评议不计分"),
            {"component": path, "by": Note(MIX_BY[by]), "value": value or "—", "n": n},
        )
    yield from _on_unused_ballots(run)
    yield from _on_figures(run)
    yield from _on_adjustments(run, composed)


def _on_devices(run: Run) -> Iterator[Note]:
    yield Note(
        N_("同一设备多次评议同一对象，只计一份；封存不留先后，计随机编号最小的一份")
        if run.scheme.same_device == "first"
        else N_("同一设备多次评议同一对象，都计入，并单独列出")
    )
    yield Note(N_("一个人用两部手机评议，无法发现"))


def _on_forms(run: Run) -> Iterator[Note]:
    for form in run.answers.forms:
        if len(form.scored) < LONG_FORM:
            yield Note(
                N_("问卷「{title}」计分题不足 8 道，全部选同一项不作为疑点"),
                {"title": str(form.questionnaire.title)},
            )


def _on_decisions(run: Run) -> Iterator[Note]:
    """How much people's decisions on findings took out, and those that point at nothing here."""
    taken = sum(key.n for one in run.cells for key in one.keys if key.status == "excluded")
    excluding = [one for one in run.inputs.screened if one.decision == "exclude"]
    if excluding:
        yield Note(
            N_("经人核定不计入的线索 {n} 条，因此不计入 {rows} 份次；两种结果并列"),
            {"n": len(excluding), "rows": taken},
        )
    idle = [
        one for one in run.inputs.screened if not run.screened.points_at(run.answers.rounds, one)
    ]
    if idle:
        yield Note(
            N_("去留决定中有 {n} 条在本次筛查里找不到对应的线索，没有起作用：{names}"),
            {"n": len(idle), "names": "、".join(one.subject or one.rule for one in idle[:NAMED])},
        )


def _on_unused_ballots(run: Run) -> Iterator[Note]:
    """Ballots of questionnaires that no leaf takes, at all or for the class of their ratee."""
    classes = {row.key: row.ratee_class for row in run.ratees}
    leaves = {one: run.scheme.leaves_of(one) for one in classes.values()}
    for one in run.cells:
        form = one.form.questionnaire
        unused: dict[str, int] = {}
        for key in one.keys:
            ratee_class = classes[key.ratee]
            if not any(leaf.takes(form.key) for leaf in leaves[ratee_class]):
                n = key.n if key.status in run.statuses else 0
                unused[ratee_class] = unused.get(ratee_class, 0) + n
        if not any(leaf.takes(form.key) for leaf in run.scheme.leaves()):
            yield Note(
                N_("方案没有用到问卷「{title}」，其 {n} 份评议不计分"),
                {"title": str(form.title), "n": sum(unused.values())},
            )
            continue
        for ratee_class, n in sorted(unused.items()):
            name = str(run.scheme.ratee_class_name(ratee_class))
            yield Note(
                N_("方案对类别「{class}」没有用到问卷「{title}」，其 {n} 份评议不计分"),
                {"class": name, "title": str(form.title), "n": n},
            )


def _on_figures(run: Run) -> Iterator[Note]:
    for figure, guess in unused_figures(run.scheme, run.ratees, run.inputs.figures).items():
        message = N_("方案没有用到依据数据「{figure}」")
        if guess:
            message = N_("方案没有用到依据数据「{figure}」，是否想写 {guess}")
        yield Note(message, {"figure": figure, "guess": guess})


def _on_adjustments(run: Run, composed: Iterable[Composed]) -> Iterator[Note]:
    base = run.scheme.base
    large = [
        one.ratee.name
        for one in composed
        if is_large(base, one.bonus_counted, one.deduction_counted)
    ]
    if large:
        names = "、".join(large[:NAMED]) + ("……" if len(large) > NAMED else "")
        yield Note(
            N_("{n} 个评议对象计入的加分或减分超过满分的 {share}%：{names}"),
            {"n": len(large), "share": plain(100 * LARGE_SHARE), "names": names},
        )
