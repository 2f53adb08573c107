"""What a page may change of a scheme: every entry finds its place in any file."""

from hypothesis import HealthCheck, given, settings

from analysis.scheme import Scheme, shipped
from analysis.scheme.editing import blocks, changes, sums
from analysis.scheme.toml_text import edit_toml, to_toml
from tests.unit.made_schemes import schemes


@given(schemes())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_entry_stands_in_the_canonical_form_and_can_be_written_as_it_is(
    scheme: Scheme,
) -> None:
    """Writing each number as it stands, in a file of any style, leaves the digest alone."""
    text = to_toml(scheme)
    found = blocks(scheme)
    rewritten = [
        (entry.path, entry.typed(entry.shown)) for block in found for entry in block.entries()
    ]
    assert Scheme.load(edit_toml(text, rewritten).encode()).digest == scheme.digest
    fields = [entry.field for block in found for entry in block.entries()]
    assert len(fields) == len(set(fields))
    typed = {entry.field: entry.shown for block in found for entry in block.entries()}
    assert changes(found, typed) == []


@given(schemes())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_sums_of_weights_of_a_valid_scheme_are_100(scheme: Scheme) -> None:
    for block in blocks(scheme):
        totals = sums(block, {})
        for total in block.totals:
            if total and total.wanted:
                assert totals[total.id] == "100"


def test_a_typed_weight_is_one_change_and_moves_the_sum() -> None:
    found = blocks(shipped()["zhangjiajie-2009"])
    weights = found[0]
    assert [name for name, _ in weights.rows] == ["指标考核", "公众评议", "内部评估"]
    typed = {entry.field: entry.value for entry in weights.entries()}
    typed["v.component.1.weight"] = " 35 "
    assert changes(found, typed) == [(("component", 1, "weight"), "35")]
    assert sums(weights, typed) == {"component:": "105"}
    typed["v.component.1.weight"] = "很多"
    assert sums(weights, typed) == {"component:": "—"}


def test_words_blanks_and_whole_numbers_are_written_as_a_file_has_them() -> None:
    found = blocks(shipped()["zhangjiajie-2009"])
    typed = {
        "v.component.1.unknown": "记零分",
        "v.component.1.min_n": "10",
        "v.component.2.min_n": "十",
        "v.adjustments.bonus_cap": "",
    }
    assert changes(found, typed) == [
        (("component", 1, "min_n"), 10),
        (("component", 1, "unknown"), "zero"),
        (("component", 2, "min_n"), "十"),
        (("adjustments", "bonus_cap"), None),
    ]
