"""The little work an entrance under attack asks for."""

import pytest

from survey_app.ballots import work


def test_what_a_browser_finds_is_taken() -> None:
    answer = work.solve("a nonce")
    assert work.is_done("a nonce", answer)


def test_work_is_good_for_its_own_nonce_only() -> None:
    assert not work.is_done("another nonce", work.solve("a nonce"))


@pytest.mark.parametrize(
    "answer", ["", "1.2.3", "0.0.0.0.0.0.0.0", "1.2.3.4.5.6.7.x", "-1.2.3.4.5.6.7.8", "1." * 500]
)
def test_anything_else_is_not(answer: str) -> None:
    assert not work.is_done("a nonce", answer)


def test_every_piece_counts() -> None:
    parts = work.solve("a nonce").split(".")
    parts[5] = str(int(parts[5]) + 1)
    assert not work.is_done("a nonce", ".".join(parts))
