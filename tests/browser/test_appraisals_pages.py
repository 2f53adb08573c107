"""The pages of appraisals in a real browser: whole at both widths, usable with assistance."""

from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Page

from survey_app.appraisals import service
from tests.appraising import fill_units, member, open_period, set_roster, whole_forms
from tests.browser.admin_desk import check, print_pdf, served, sign_in
from tests.browser.conftest import DESKTOP, PHONE

PAGES = {
    "index": "/",
    "help": "/help",
    "period": "/1/",
    "unit": "/1/units/u1",
    "form": "/1/persons/人员0001/",
    "sheet": "/1/persons/人员0007/indicators",
    "filings": "/filings",
    "year": "/years/2021",
    "roster": "/1/roster/u1",
}


@pytest.mark.long
def test_pages_and_documents(open_page: Callable[..., Page], tmp_path: Path) -> None:
    """Each page at both widths; each document on one sheet of A4."""
    with served(tmp_path / "home") as site:
        fill_units(site.services.database)
        made = open_period(site.services.database)
        people = [member(n) for n in range(1, 8)]
        set_roster(site.services.database, made, people)
        service.file_many(site.services.database, "clerk", made, whole_forms(people[:2], "good"))
        for width in (DESKTOP, PHONE):
            page = open_page(width)
            sign_in(page, site)
            for name, address in PAGES.items():
                page.goto(f"{site.url}/admin/appraisals{address}")
                check(page, f"appraisals-{name}-{width['width']}")
        for name, address in {
            "sheet": "/1/persons/人员0001/print/sheet",
            "record": "/1/persons/人员0001/print/record",
            "annual": "/years/2021/persons/人员0001/print",
            "results": "/1/units/u1/print",
        }.items():
            page.goto(f"{site.url}/admin/appraisals{address}")
            document = pypdfium2.PdfDocument(print_pdf(page, tmp_path / f"{name}.pdf"))
            sizes = [tuple(round(side) for side in sheet.get_size()) for sheet in document]
            document.close()
            assert sizes == [(842, 595) if name == "results" else (595, 842)], name
