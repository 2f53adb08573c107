"""Prepared pages: one valid stream around whatever is fresh, in bounded memory."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.ballots.pages import MARK, PreparedPage, PreparedPages


@given(head=st.text(), tail=st.text(), fresh=st.binary(max_size=3000))
def test_packed_is_plain_compressed(head: str, tail: str, fresh: bytes) -> None:
    head, tail = head.replace(MARK, ""), tail.replace(MARK, "")
    page = PreparedPage.split(f"{head}\n{MARK}\n{tail}")
    assert page.plain(fresh) == f"{head}\n".encode() + fresh + f"\n{tail}".encode()
    assert gzip.decompress(page.packed(fresh)) == page.plain(fresh)


def test_what_does_not_fit_a_block_is_refused() -> None:
    page = PreparedPage.split(f"a{MARK}b")
    assert gzip.decompress(page.packed(b"x" * 65_535)) == b"a" + b"x" * 65_535 + b"b"
    with pytest.raises(ValueError, match="fit"):
        page.packed(b"x" * 65_536)


def test_a_page_without_its_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="unpack"):
        PreparedPage.split("no mark")


def test_a_page_is_rendered_once_and_the_oldest_is_dropped() -> None:
    rendered: list[str] = []

    def render(name: str) -> str:
        rendered.append(name)
        return f"{name}{'x' * 1000}{MARK}"

    pages = PreparedPages(limit=2500)
    for name in ("a", "b", "a", "c", "a", "b"):
        assert pages.get(name, lambda name=name: render(name)).head.startswith(name.encode())
    # a and b fit; c drops b, which was seen least recently; b is rendered again.
    assert rendered == ["a", "b", "c", "b"]
