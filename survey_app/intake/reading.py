"""Papers and interviews in a spreadsheet: a row for each form and ratee, every problem by row.

A row names its form and its ratee; the columns after them are the questions, "第1题" and so on, in
the order printed on the form. An answer may be written as its words, its code or its place.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from analysis.tables import Table, cell_text
from forms.decoder import FieldError, RateeAnswers, decode
from forms.problems import N_, InputError, Problem
from forms.questionnaire import Item, Questionnaire
from forms.sheet import SKIP_VALUE, Sheet, SheetRow, field_name
from survey_app.core.template_books import NOTES
from survey_app.rounds.frozen import FrozenRound

QUESTION = re.compile(r"第\s*(\d+)\s*题")
SEVERAL = re.compile(r"[、;；,，|/]+")
NUMBER_HEADS = ("票号", "访问编号", "编号", "number")
RATEE_HEADS = ("评议对象", "单位", "姓名", "ratee")
STRATUM_HEADS = ("分层", "层", "stratum")
MAX_NUMBER = 40
MOST_PROBLEMS = 300
LEFT_OUT = N_("不了解")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the forms of a session may say. `issued` None: form numbers may be any text."""

    round: FrozenRound
    sheet: Sheet
    issued: int | None


@dataclass(frozen=True, slots=True)
class Form:
    """One filled-in form; `where` is its first row, for messages."""

    number: str
    where: str
    stratum: str
    answers: tuple[RateeAnswers, ...]


@dataclass(slots=True)
class _Gathered:
    """The rows of one form while they are read. `rows` leads from a ratee to its place."""

    where: str
    stratum: str
    pairs: list[tuple[str, str]] = field(default_factory=list)
    rows: dict[int, str] = field(default_factory=dict)
    is_broken: bool = False


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where a table holds what; -1 for no such column."""

    number: int
    ratee: int
    stratum: int
    questions: Mapping[int, int]
    """Column → number of the question, from 1."""


def read_forms(tables: Sequence[Table], asked: Asked) -> tuple[Form, ...]:
    """The forms in a file, in its order. Raises InputError with everything that is wrong."""
    problems: list[Problem] = []
    found: dict[str, _Gathered] = {}
    for table in tables:
        if not table.name.endswith(f"·{NOTES}"):
            _read_table(table, asked, found, problems)
    forms = [
        form
        for number, one in found.items()
        if (form := finish(number, one, asked, problems)) is not None
    ]
    if not forms and not problems:
        file = tables[0].name.partition("·")[0] if tables else ""
        problems.append(Problem(file, N_("文件里没有票"), N_("从第二行起，每行写一张票")))
    if problems:
        raise InputError(problems[:MOST_PROBLEMS])
    return tuple(forms)


def _read_table(
    table: Table, asked: Asked, found: dict[str, _Gathered], problems: list[Problem]
) -> None:
    columns = _columns(table)
    if columns.number < 0 or not columns.questions:
        problems.append(
            Problem(
                f"{table.name}:1",
                N_("第一行没有“票号”（或“访问编号”）和“第1题”这样的列名"),
                N_("请下载模板，把内容填到模板里再上传"),
            )
        )
        return
    names = _ratees(asked)
    for line, cells in table.rows:
        texts = [cell_text(cell).strip() for cell in cells]
        if any(texts):
            _read_row(f"{table.name}:{line}", texts, columns, names, asked, found, problems)


def _columns(table: Table) -> _Columns:
    heads = [head.strip() for head in table.headers]

    def place(names: tuple[str, ...]) -> int:
        return next((n for n, head in enumerate(heads) if head in names), -1)

    questions = {n: int(hit[1]) for n, head in enumerate(heads) if (hit := QUESTION.match(head))}
    return _Columns(place(NUMBER_HEADS), place(RATEE_HEADS), place(STRATUM_HEADS), questions)


def _ratees(asked: Asked) -> dict[str, SheetRow]:
    """The rows of the form by the ratee's name and key."""
    found = {}
    for row in asked.sheet.rows:
        ratee = asked.round.ratee(row.ratee)
        found[ratee.name] = found[ratee.key] = row
    return found


def _read_row(
    where: str,
    texts: Sequence[str],
    columns: _Columns,
    names: Mapping[str, SheetRow],
    asked: Asked,
    found: dict[str, _Gathered],
    problems: list[Problem],
) -> None:
    number = form_number(where, _at(texts, columns.number), asked.issued, problems)
    row = _row_of(where, _at(texts, columns.ratee), names, asked, problems)
    if number is None:
        return
    one = found.setdefault(number, _Gathered(where, _at(texts, columns.stratum)))
    if row is None:
        one.is_broken = True
        return
    if row.ratee in one.rows:
        problems.append(
            Problem(
                where,
                N_("编号 {number} 对这个评议对象已经有一行（{first}）"),
                N_("一张票对一个评议对象只写一行；请核对票号"),
                {"number": number, "first": one.rows[row.ratee].rpartition(":")[2]},
            )
        )
        one.is_broken = True
        return
    one.rows[row.ratee] = where
    _take_answers(where, texts, columns, row, one, problems)


def form_number(where: str, text: str, issued: int | None, problems: list[Problem]) -> str | None:
    """The number of a form as it is kept apart from others; None where it cannot be one."""
    clean = unicodedata.normalize("NFKC", text).strip()
    if issued is None:
        if clean and len(clean) <= MAX_NUMBER:
            return clean
        problems.append(
            Problem(where, N_("没有编号，或编号超过 40 个字"), N_("每次访问写一个不重复的编号"))
        )
        return None
    if clean.isascii() and clean.isdigit() and 1 <= int(clean[:9]) <= issued:
        return str(int(clean))
    problems.append(
        Problem(
            where,
            N_("票号“{number}”不在发出的 1 到 {issued} 号之内"),
            N_("请对照纸质票右上角的号码"),
            {"number": clean[:MAX_NUMBER], "issued": issued},
        )
    )
    return None


def _row_of(
    where: str,
    name: str,
    names: Mapping[str, SheetRow],
    asked: Asked,
    problems: list[Problem],
) -> SheetRow | None:
    if not name and len(asked.sheet.rows) == 1:
        return asked.sheet.rows[0]
    row = names.get(name)
    if row is None:
        problems.append(
            Problem(
                where,
                N_("这一场没有评议对象“{name}”"),
                N_("请照模板里的名称填写"),
                {"name": name[:MAX_NUMBER]},
            )
        )
    return row


def _take_answers(
    where: str,
    texts: Sequence[str],
    columns: _Columns,
    row: SheetRow,
    one: _Gathered,
    problems: list[Problem],
) -> None:
    items = row.questionnaire.items
    for column, n in columns.questions.items():
        text = _at(texts, column)
        if not text:
            continue
        if n > len(items):
            problems.append(
                Problem(where, N_("这份问卷没有第 {n} 题"), N_("请把这一格清空"), {"n": n})
            )
            one.is_broken = True
            continue
        item = items[n - 1]
        codes = [text] if item.kind == "text" else _codes(row.questionnaire, item, text)
        if codes is None:
            problems.append(
                Problem(
                    where,
                    N_("第 {n} 题的答案“{text}”不在选项里"),
                    N_("请写：{options}"),
                    {"n": n, "text": text[:MAX_NUMBER], "options": _options(row, item)},
                )
            )
            one.is_broken = True
        else:
            one.pairs += [(field_name(row.ratee, item.key), code) for code in codes]


def _codes(questionnaire: Questionnaire, item: Item, text: str) -> list[str] | None:
    """The codes of what is written in a cell; None where some of it is no option."""
    parts = [text] if item.kind == "single" else [one for one in SEVERAL.split(text) if one]
    options = questionnaire.scale_of(item).options
    known = {str(place): option.code for place, option in enumerate(options, start=1)}
    known |= {option.code: option.code for option in options}
    known |= {str(option.text): option.code for option in options}
    codes = [known.get(unicodedata.normalize("NFC", part.strip())) for part in parts]
    return None if None in codes else [code for code in codes if code is not None]


def _options(row: SheetRow, item: Item) -> str:
    return "、".join(str(one.text) for one in row.questionnaire.scale_of(item).options)


def finish(number: str, one: _Gathered, asked: Asked, problems: list[Problem]) -> Form | None:
    """A form whose rows are all read, checked by the rules of the round's own form."""
    if one.is_broken:
        return None
    skipped = [
        (row.skip_field, SKIP_VALUE)
        for row in asked.sheet.rows
        if row.ratee not in one.rows and asked.sheet.skips
    ]
    decoded = decode([*one.pairs, *skipped], asked.sheet)
    problems += _told(decoded.errors, one, asked)
    return None if decoded.errors else Form(number, one.where, one.stratum, decoded.answers)


def _told(errors: Sequence[FieldError], one: _Gathered, asked: Asked) -> Iterator[Problem]:
    """What the decoder found, at the row of the ratee and with the question's number."""
    numbers = {
        field_name(row.ratee, item.key): (row.ratee, place)
        for row in asked.sheet.rows
        for place, item in enumerate(row.questionnaire.items, start=1)
    }
    for error in errors:
        ratee, place = numbers.get(error.field, (0, 0))
        where = one.rows.get(ratee, one.where)
        if not place:
            yield Problem(where, error.message, N_("请对照纸质票或访问记录"), dict(error.values))
        else:
            yield Problem(
                where,
                N_("第 {n} 题没有答案，或不该回答"),
                N_("没有填的必答题使这张票无效：请从文件里删去，算作废票"),
                {"n": place},
            )


def _at(texts: Sequence[str], place: int) -> str:
    return texts[place] if 0 <= place < len(texts) else ""


Typed = tuple[Form | None, list[Problem], tuple[FieldError, ...]]


def read_typed(number: str, answers: Sequence[tuple[str, str]], asked: Asked) -> Typed:
    """A paper typed on the page: the form, or what is wrong with its number and its fields."""
    problems: list[Problem] = []
    clean = form_number(N_("编号"), number, asked.issued, problems)
    decoded = decode(answers, asked.sheet)
    if clean is None or decoded.errors:
        return None, problems, decoded.errors
    return Form(clean, "", "", decoded.answers), [], ()
