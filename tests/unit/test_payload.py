"""A ballot's ratings as bytes: nothing is lost, nothing foreign is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.decoder import RateeAnswers
from survey_app.ballots.payload import BrokenPayloadError, pack, unpack

WIDTHS = {1: 3, 2: 5, 300: 1}
ballots = st.lists(st.sampled_from(sorted(WIDTHS)), unique=True).flatmap(
    lambda numbers: st.tuples(
        *(
            st.binary(min_size=WIDTHS[n], max_size=WIDTHS[n]).map(
                lambda codes, n=n: RateeAnswers(n, codes, ())
            )
            for n in numbers
        )
    )
)


@given(ballots)
def test_what_is_packed_is_unpacked(answers: tuple[RateeAnswers, ...]) -> None:
    expected = [(one.ratee, one.codes) for one in answers]
    assert list(unpack(pack(answers), WIDTHS)) == expected


@pytest.mark.parametrize("payload", [b"", b"\x02\0\1abc", b"\x01\0\1ab", b"\x01\0", b"\x01\0\4abc"])
def test_a_payload_that_does_not_fit_is_refused(payload: bytes) -> None:
    with pytest.raises(BrokenPayloadError):
        list(unpack(payload, WIDTHS))
