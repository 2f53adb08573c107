"""The three forms and the annual form as documents on A4, with signature lines."""

from flask import Blueprint, render_template
from flask_babel import gettext as _

from analysis import periods
from survey_app.appraisals import books, form_page, reading, steps, year
from survey_app.appraisals.who import sight_of
from survey_app.appraisals.year import WantedYear
from survey_app.core.access import current, only
from survey_app.core.errors import NotFoundError
from survey_app.core.services import services
from survey_app.supervision.units import unit_names

prints = Blueprint("prints", __name__)
READERS = ("admin", "clerk", "viewer", "unit", "leader")
EVERYBODY = (*READERS, "person")
PAPERS = {"sheet": "appraisals/print_sheet.html", "record": "appraisals/print_record.html"}


@prints.get("/<int:period_id>/persons/<person>/print/<paper>")
@only(*EVERYBODY)
def person_paper(period_id: int, person: str, paper: str) -> str:
    """考核评鉴表 or 平时考核登记表 of one person and period."""
    if paper not in PAPERS:
        raise NotFoundError
    held = services().database
    found = form_page.read_form(held, period_id, person, sight_of(current()))
    return render_template(
        PAPERS[paper],
        page=found,
        form=found.form,
        member=found.member,
        row=found.period,
        words=periods.in_words(found.period.period),
        grades=found.rules.names,
        feedback_names=steps.FEEDBACK_NAMES,
        step_names=steps.STEP_NAMES,
        is_simulated=found.period.is_simulated,
    )


@prints.get("/<int:period_id>/units/<unit>/print")
@only(*READERS)
def unit_paper(period_id: int, unit: str) -> str:
    """结果一览表 of one unit and period."""
    held = services().database
    sight_of(current()).check(unit)
    page = reading.open_period(held, period_id)
    wanted = reading.Wanted(period=page.row.period, unit=unit, page=0)
    found = reading.find_lines(held, wanted)
    ledger = books.lines_ledger(found, "")
    return render_template(
        "appraisals/print_results.html",
        title=f"{periods.in_words(page.row.period)}{_(books.NAME)}",
        unit_name=unit_names(held).get(unit, unit),
        organiser=page.row.organiser,
        headers=ledger.headers,
        rows=ledger.rows,
        note=ledger.note,
        is_simulated=page.row.is_simulated,
    )


@prints.get("/years/<int:number>/print")
@only(*READERS)
def year_paper(number: int) -> str:
    """结果一览表 of a year, of the units in sight."""
    page = year.read_year(services().database, number, sight_of(current()))
    ledger = books.year_ledger(page)
    return render_template(
        "appraisals/print_results.html",
        title=f"{number}年度{_(books.NAME)}",
        unit_name="",
        organiser=page.organiser,
        headers=ledger.headers,
        rows=ledger.rows,
        note=ledger.note,
        is_simulated=page.is_simulated,
    )


@prints.get("/years/<int:number>/persons/<person>/print")
@only(*EVERYBODY)
def annual_paper(number: int, person: str) -> str:
    """年度考核登记表 of one person, with what the quarters came to."""
    held = services().database
    sight = sight_of(current())
    if sight.person:
        sight.check("", person)
    page = year.read_year(held, number, wanted=WantedYear(text=person))
    found = next((one for one in page.rows if one.person == person), None)
    if found is None:
        raise NotFoundError
    sight.check(found.unit, person)
    return render_template(
        "appraisals/print_annual.html",
        page=page,
        one=found,
        part_name=books.part_name,
        say=_,
        is_simulated=page.is_simulated,
    )
