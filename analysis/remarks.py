"""Facts about a run that its figures alone do not show, for the page of explanations."""

from analysis.results import Note
from analysis.run import Run
from analysis.screening import LONG_FORM
from analysis.survey_leaves import SurveyLeaves
from forms.problems import N_


def notes(run: Run, surveys: SurveyLeaves) -> list[Note]:
    """Facts about the run that its figures alone do not show."""
    remarks = [
        Note(
            N_("同一设备多次评议同一对象，只计一份；封存不留先后，计随机编号最小的一份")
            if run.scheme.same_device == "first"
            else N_("同一设备多次评议同一对象，都计入，并单独列出")
        ),
        Note(N_("一个人用两部手机评议，无法发现")),
        Note(N_("名次区间按各评议对象的误差相互独立计算；同一批人评议多个对象时，区间偏宽")),
    ]
    remarks += [
        Note(
            N_("问卷「{title}」计分题不足 8 道，全部选同一项不作为疑点"),
            {"title": str(form.questionnaire.title)},
        )
        for form in run.answers.forms
        if len(form.scored) < LONG_FORM
    ]
    remarks += [
        Note(
            N_("「{component}」没有给评议主体「{rater_class}」权重，其 {n} 份评议不计分"),
            {"component": path, "rater_class": str(run.scheme.rater_class_name(key)), "n": n},
        )
        for (path, key), n in sorted(surveys.unweighted.items())
    ]
    return remarks + [
        Note(
            N_("方案没有用到问卷「{title}」，其 {n} 份评议不计分"),
            {
                "title": str(one.form.questionnaire.title),
                "n": sum(key.n for key in one.keys if key.status in run.statuses),
            },
        )
        for one in run.cells
        if not any(leaf.takes(one.form.questionnaire.key) for leaf in run.scheme.leaves())
    ]
