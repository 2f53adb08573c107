"""The one signer of an installation, however many processes start with it."""

from pathlib import Path

import pytest

from survey_app.record import notary
from survey_app.record.notary import Notary


def test_two_processes_that_start_at_once_sign_with_one_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, others = notary._write_new, list[Notary]()

    def overtaken(path: Path, content: bytes) -> None:
        write(path, content)
        monkeypatch.setattr(notary, "_write_new", write)
        others.append(Notary(tmp_path / "keys", tmp_path / "heads"))

    monkeypatch.setattr(notary, "_write_new", overtaken)
    first = Notary(tmp_path / "keys", tmp_path / "heads")
    assert first.public_key == others[-1].public_key
    assert Notary(tmp_path / "keys", tmp_path / "heads").public_key == first.public_key
    (key,) = (tmp_path / "keys").iterdir()
    assert key.stat().st_mode & 0o777 == 0o600


def test_what_was_never_signed_has_no_head_and_no_age(tmp_path: Path) -> None:
    signer = Notary(tmp_path / "keys", tmp_path / "heads")
    assert (signer.last_note("年度评议/2026"), signer.age("年度评议/2026")) == (None, None)
    signer.remember("年度评议/2026", "a note\n")
    assert signer.last_note("年度评议/2026") == "a note\n"
    age = signer.age("年度评议/2026")
    assert age is not None
    assert abs(age) < 3600
    assert [one.stat().st_mode & 0o777 for one in (tmp_path / "heads").iterdir()] == [0o600]
