"""The template in which papers or interviews are typed: a row a form and ratee."""

from forms.questionnaire import Item, Questionnaire
from survey_app.core.template_books import TemplateColumn, TemplateSheet, write_template
from survey_app.intake.reading import Asked
from survey_app.intake.sessions import Standing

NOTES = (
    "每行是一张票（一次访问）对一个评议对象的评价；一张票评几个对象就写几行，票号相同。",
    "没有评价某个对象的，不写那一行。废票不要录入。",
    "单选题写选项的文字，或写它是第几个选项（1、2、3……）；多选题用顿号隔开。",
    "同一个票号（访问编号）上传几次都只算一次：补录时把整份文件再传一次即可。",
)
EXAMPLE = "第一张票（1 号）的几行是示例，录入前请改成真实的内容。"
SHEET_NAME_LIMIT = 28
LABEL_LIMIT = 18


def template(standing: Standing, asked: Asked) -> bytes:
    """A workbook with a sheet a questionnaire; its first rows name ratees of the session."""
    by_form: dict[str, tuple[Questionnaire, list[str]]] = {}
    for row in asked.sheet.rows:
        held = by_form.setdefault(row.questionnaire.key, (row.questionnaire, []))
        held[1].append(asked.round.ratee(row.ratee).name)
    sheets = [
        TemplateSheet(
            str(form.title)[:SHEET_NAME_LIMIT],
            _columns(standing, form),
            tuple(_example(standing, form, name) for name in names),
        )
        for form, names in by_form.values()
    ]
    return write_template(sheets, (*NOTES, EXAMPLE))


def _columns(standing: Standing, form: Questionnaire) -> tuple[TemplateColumn, ...]:
    is_paper = standing.row.kind == "paper"
    first = (
        TemplateColumn("票号", "纸质票右上角的号码")
        if is_paper
        else TemplateColumn("访问编号", "每次访问一个，不重复；不要写电话号码和姓名")
    )
    stratum = () if is_paper else (TemplateColumn("分层", "可空", required=False),)
    return (
        first,
        TemplateColumn("评议对象", "名称或编号"),
        *stratum,
        *(_question(form, n, item) for n, item in enumerate(form.items, start=1)),
    )


def _question(form: Questionnaire, n: int, item: Item) -> TemplateColumn:
    label = f"第{n}题 {str(item.text)[:LABEL_LIMIT]}"
    if item.kind == "text":
        return TemplateColumn(label, f"{item.text}（文字，可空）", required=False)
    options = "、".join(
        f"{place} {option.text}"
        for place, option in enumerate(form.scale_of(item).options, start=1)
    )
    return TemplateColumn(label, f"{item.text}：{options}", required=item.required)


def _example(standing: Standing, form: Questionnaire, name: str) -> tuple[str, ...]:
    lead = ("1", name) if standing.row.kind == "paper" else ("1", name, standing.stratum)
    answers = tuple(
        str(form.scale_of(item).options[0].text) if item.kind == "single" else ""
        for item in form.items
    )
    return (*lead, *answers)
