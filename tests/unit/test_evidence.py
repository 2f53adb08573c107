"""Which files are taken as evidence: judged by their bytes, whatever they are called."""

import io
import zipfile
from pathlib import Path

import pytest

from survey_app.core.config import Settings
from survey_app.core.uploads import Upload
from survey_app.indicators.evidence import EvidenceStore, kind_of
from tests.web.desk import workbook

PDF = b"%PDF-1.7\n"
JPG = b"\xff\xd8\xff\xe0" + b"0" * 10
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 10


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as book:
        for name in names:
            book.writestr(name, "x")
    return made.getvalue()


DOCX = archive("[Content_Types].xml", "word/document.xml")
XLSX = workbook({"表": [["a"]]})


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "pdf"),
        (JPG, "jpg"),
        (PNG, "png"),
        (DOCX, "docx"),
        (XLSX, "xlsx"),
        (b"<html>", None),
        (b"MZ\x90", None),
        (b"", None),
        (b"PK\x03\x04 not really", None),
        (archive("evil.exe"), None),
        (archive("xl/workbook.xml", "xl/vbaProject.bin"), None),
        (archive("word/document.xml", "word/activeX/activeX1.xml"), None),
    ],
)
def test_the_bytes_say_what_a_file_is(data: bytes, kind: str | None) -> None:
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.pdf", PDF, ""),
        ("A.JPEG", JPG, ""),
        ("a.xlsx", XLSX, ""),
        ("a.pdf", PNG, "名称以 pdf 结尾，内容却是 png"),
        ("a", PNG, "名称以 — 结尾"),
        ("a.svg", b"<svg/>", "不收这种文件"),
        ("a.png", b"", "附件是空的"),
        ("a.png", PNG + b"0" * 5 * 1024 * 1024, "附件超过 5 MB"),
    ],
)
def test_a_file_is_refused_in_words(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    store = EvidenceStore(Settings(tmp_path, "", b"", is_production=False, base_url=None))
    problems = [problem.text() for problem in store.problems(Upload(name, data))]
    assert len(problems) == bool(said)
    assert said in "".join(problems)
    assert not (tmp_path / "evidence").exists()
