"""The signed number in a form: only ours, only for its round, known to be old when it is."""

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from survey_app.ballots.nonce import MAX_AGE_SECONDS, BadNonceError, NonceMaker

LENGTH = 59
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
maker = NonceMaker(b"a secret of thirty-two bytes....")


def test_a_nonce_is_read_back_and_never_repeats() -> None:
    texts = {maker.make(7) for _ in range(1000)}
    assert len({maker.read(text, 7).value for text in texts}) == 1000


def test_a_nonce_of_another_round_or_installation_is_refused() -> None:
    with pytest.raises(BadNonceError):
        maker.read(maker.make(7), 8)
    with pytest.raises(BadNonceError):
        maker.read(NonceMaker(b"another secret of 32 bytes......").make(7), 7)


@given(st.integers(0, LENGTH - 2), st.integers(1, len(ALPHABET) - 1))
def test_any_changed_character_is_refused(place: int, step: int) -> None:
    """The last character is left alone: it carries spare bits."""
    text = maker.make(7)
    other = ALPHABET[(ALPHABET.index(text[place]) + step) % len(ALPHABET)]
    with pytest.raises(BadNonceError):
        maker.read(text[:place] + other + text[place + 1 :], 7)


@given(st.text(max_size=90))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(BadNonceError):
        maker.read(text, 7)


def test_a_form_left_open_for_an_hour_is_fine_and_for_a_month_is_old() -> None:
    with time_machine.travel("2026-11-01 08:00Z", tick=False):
        text = maker.make(7)
    with time_machine.travel("2026-11-01 09:00Z", tick=False):
        assert maker.read(text, 7).age_seconds == 3600
        assert not maker.read(text, 7).is_expired
    with time_machine.travel("2026-12-01 08:00Z", tick=False):
        assert maker.read(text, 7).is_expired
    assert MAX_AGE_SECONDS > 3600
