"""Lists to search and take away: every filing, and the years with who may be excellent."""

import io

from flask import Blueprint, render_template, request, send_file
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from analysis import periods
from survey_app.appraisals import books, reading, steps, year
from survey_app.appraisals.reading import STAGES, Wanted
from survey_app.appraisals.who import sight_of
from survey_app.appraisals.year import WantedYear
from survey_app.core.access import current, only
from survey_app.core.errors import NotFoundError
from survey_app.core.services import services
from survey_app.core.template_books import XLSX
from survey_app.supervision.books import Ledger
from survey_app.supervision.units import unit_names

lists = Blueprint("lists", __name__)
READERS = ("admin", "clerk", "viewer", "unit", "leader")
FIRST_YEAR, LAST_YEAR = 1949, 2999
STAGE_NAMES = {
    stage: steps.DONE_NAMES[int(stage)] if stage.isdigit() else steps.FILING_NAMES[stage]
    for stage in STAGES
}


def _wanted(page: int) -> Wanted:
    given = request.args
    period, stage = given.get("period", "").strip(), given.get("stage", "")
    return Wanted(
        period=period if periods.parse(period) else "",
        unit=given.get("unit", ""),
        pool=given.get("pool", ""),
        grade=given.get("grade", ""),
        stage=stage if stage in STAGES else "",
        text=given.get("text", "").strip(),
        page=page,
    )


@lists.get("/filings")
@only(*READERS)
def filings() -> str:
    """Everybody's forms in every period, filtered, a page at a time."""
    wanted = _wanted(max(1, request.args.get("page", 1, type=int)))
    found = reading.find_lines(services().database, wanted, sight_of(current()))
    return render_template(
        "appraisals/filings.html",
        found=found,
        wanted=wanted,
        query={key: value for key, value in request.args.items() if value and key != "page"},
        stages=STAGE_NAMES,
        is_simulated=any(line.is_simulated for line in found.lines),
    )


@lists.get("/filings.xlsx")
@only(*READERS)
def filings_book() -> Response:
    """What the list shows, all pages, as 结果一览表."""
    return _xlsx(_filings_ledger())


@lists.get("/filings.csv")
@only(*READERS)
def filings_csv() -> Response:
    """The same as CSV."""
    return _csv(_filings_ledger())


def _filings_ledger() -> Ledger:
    wanted = _wanted(0)
    found = reading.find_lines(services().database, wanted, sight_of(current()))
    return books.lines_ledger(found, periods.in_words(wanted.period) if wanted.period else "")


def _xlsx(ledger: Ledger) -> Response:
    content = io.BytesIO(books.as_xlsx(ledger))
    return send_file(
        content, mimetype=XLSX, as_attachment=True, download_name=f"{_(books.NAME)}.xlsx"
    )


def _csv(ledger: Ledger) -> Response:
    return send_file(
        io.BytesIO(books.as_csv(ledger)),
        mimetype="text/csv; charset=utf-8",
        as_attachment=True,
        download_name=f"{_(books.NAME)}.csv",
    )


@lists.get("/years/<int:number>")
@only(*READERS)
def year_list(number: int) -> str:
    """A year: four quarters a person, who may be excellent, and which rule refuses."""
    held, wanted = services().database, _wanted_year()
    page = _read_year(number, wanted)
    shown = max(1, request.args.get("page", 1, type=int))
    start = (shown - 1) * reading.PER_PAGE
    return render_template(
        "appraisals/year.html",
        page=page,
        rows=page.rows[start : start + reading.PER_PAGE],
        headers=books.year_headers(page),
        shown=shown,
        pages=max(1, -(-len(page.rows) // reading.PER_PAGE)),
        wanted=wanted,
        query={key: value for key, value in request.args.items() if value and key != "page"},
        units=unit_names(held, sight_of(current()).units),
        years=year.years(held),
        year_row=books.year_row,
        say=_,
        is_simulated=page.is_simulated,
    )


def _wanted_year() -> WantedYear:
    given = request.args
    return WantedYear(
        unit=given.get("unit", ""),
        pool=given.get("pool", ""),
        text=given.get("text", "").strip(),
        eligible=given.get("eligible", ""),
    )


def _read_year(number: int, wanted: WantedYear) -> year.YearPage:
    if not FIRST_YEAR <= number <= LAST_YEAR:
        raise NotFoundError
    return year.read_year(services().database, number, sight_of(current()), wanted)


@lists.get("/years/<int:number>/list.xlsx")
@only(*READERS)
def year_book(number: int) -> Response:
    """平时考核结果一览表 of a year."""
    return _xlsx(books.year_ledger(_read_year(number, _wanted_year())))


@lists.get("/years/<int:number>/list.csv")
@only(*READERS)
def year_csv(number: int) -> Response:
    """The same as CSV."""
    return _csv(books.year_ledger(_read_year(number, _wanted_year())))
