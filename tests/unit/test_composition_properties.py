"""What holds of every composition, whatever the scheme: nothing gained, nothing lost, no order."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from analysis.composition import compose
from analysis.inputs import AdjustmentRow, FigureRow, RateeRow
from analysis.results import LeafScore
from analysis.scheme import Scheme
from forms.problems import InputError, plain
from tests.unit.composing import children, entry, leaf, ratee, readds, scheme_of
from tests.unit.made_schemes import parts_of_100, schemes

MARK = st.integers(0, 12 * 10**6).map(lambda n: Fraction(n, 10**5))
Marks = Mapping[tuple[str, str], Fraction | None]
SOURCES = """
[adjustments]
bonus_cap = "20"
deduction_cap = "15"
[[adjustments.source]]
key = "a"
name = "a"
kind = "both"
cap = "4"
[[adjustments.source]]
key = "b"
name = "b"
kind = "both"
multiplier = {low = "3", high = "10"}
"""


def leaves_of(marks: Marks) -> dict[tuple[str, str], LeafScore]:
    return {place: LeafScore(score) for place, score in marks.items()}


@given(weights=st.lists(st.integers(1, 999), min_size=1, max_size=5), by=st.integers(2, 9))
def test_weights_of_siblings_that_are_not_100_are_refused(weights: list[int], by: int) -> None:
    assume(sum(weights) * by != 1000)
    blocks = [leaf(f"k{n}", plain(Decimal(weight * by) / 10)) for n, weight in enumerate(weights)]
    with pytest.raises(InputError, match="应为 100"):
        scheme_of(*blocks)


@given(data=st.data(), n=st.integers(1, 5))
def test_the_order_of_components_and_rows_does_not_matter(data: st.DataObject, n: int) -> None:
    weights = parts_of_100(data.draw, n)
    transform = '[component.transform]\nkind = "rank"\nstep = "0.05"'
    blocks = [
        f"{leaf(f'k{k}', weight)}\n{transform if k == 0 else ''}"
        for k, weight in enumerate(weights)
    ]
    people = [ratee(key) for key in "uvw"]
    marks = {(one.key, f"k{k}"): data.draw(st.none() | MARK) for one in people for k in range(n)}
    rows = [entry("bonus", "1.5"), entry("deduction", "0.25"), entry("bonus", "30")]
    first = compose(scheme_of(*blocks), people, leaves_of(marks), rows)
    other = compose(
        scheme_of(*data.draw(st.permutations(blocks))),
        data.draw(st.permutations(people)),
        leaves_of(dict(data.draw(st.permutations(list(marks.items()))))),
        data.draw(st.permutations(rows)),
    )
    assert {key: one.total_exact for key, one in first.items()} == {
        key: one.total_exact for key, one in other.items()
    }


ENTRIES = st.lists(
    st.builds(
        lambda kind, points, source: entry(
            kind, plain(Decimal(points) / 100), source, "3.5" if source == "b" else "1"
        ),
        st.sampled_from(["bonus", "deduction"]),
        st.integers(1, 900),
        st.sampled_from(["a", "b"]),
    ),
    max_size=6,
)


@given(score=MARK, rows=ENTRIES)
def test_caps_are_never_crossed_and_everything_re_adds(
    score: Fraction, rows: list[AdjustmentRow]
) -> None:
    scheme = scheme_of(leaf("k", "100"), SOURCES)
    made = compose(scheme, [ratee("u")], leaves_of({("u", "k"): score}), rows)["u"]
    assert readds(made)
    assert made.bonus_counted <= 20
    assert made.deduction_counted <= 15
    raw = sum((row.points * row.multiplier for row in rows if row.kind == "bonus"), Decimal(0))
    assert made.bonus_raw == raw
    for one in made.sources:
        assert one.counted == (min(one.raw, Decimal(4)) if one.key == "a" else one.raw)
    for kind, counted in (("bonus", made.bonus_counted), ("deduction", made.deduction_counted)):
        within = sum((one.counted for one in made.sources if one.kind == kind), Decimal(0))
        assert counted == min(within, Decimal(20 if kind == "bonus" else 15))


@given(data=st.data())
def test_a_class_s_total_depends_on_its_own_weights_and_ratees_alone(data: st.DataObject) -> None:
    draw = data.draw
    weights = {one: parts_of_100(draw, 2) for one in ("x", "y", "z")}
    transform = '[component.transform]\nkind = "ratio_to_best"'

    def scheme(of_y: list[str]) -> Scheme:
        by_class = {**weights, "y": of_y}
        tables = [
            "{" + ", ".join(f'{key} = "{of[n]}"' for key, of in by_class.items()) + "}"
            for n in range(2)
        ]
        return scheme_of(leaf("a", tables[0], more=transform), leaf("b", tables[1]))

    people = [RateeRow(f"{one}{n}", "", one, "") for one in ("x", "y") for n in range(2)]
    marks = {(one.key, path): draw(MARK) for one in people for path in "ab"}
    changed = {
        place: mark if place[0].startswith("x") else draw(MARK) for place, mark in marks.items()
    }
    first = compose(scheme(weights["y"]), people, leaves_of(marks))
    other = compose(scheme(parts_of_100(draw, 2)), people, leaves_of(changed))
    for key in ("x0", "x1"):
        assert first[key].total_exact == other[key].total_exact
        assert readds(first[key])


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40)
@given(scheme=schemes(), data=st.data())
def test_any_scheme_composes_adds_up_and_shares_out_everything(
    scheme: Scheme, data: st.DataObject
) -> None:
    classes = sorted(scheme.ratee_classes) or [""]
    people = [ratee(f"{one}-{n}", one) for one in classes for n in range(2)]
    # Parents in another class, so that ranks never feed on themselves.
    people = [
        RateeRow(one.key, one.name, one.ratee_class, "", parent=f"{classes[0]}-0")
        if one.ratee_class != classes[0]
        else one
        for one in people
    ]
    leaves = leaves_of(
        {
            (one.key, found.path): data.draw(st.none() | MARK)
            for one in people
            for found in scheme.leaves()
            if found.source != "parent"
        }
    )
    figures = [FigureRow(one.key, "a", "7") for one in people]
    for one in compose(scheme, people, leaves, figures=figures).values():
        top = children(one.nodes, "")
        assert {node.path for node in one.nodes} == {
            node.path for node in scheme.nodes_of(one.ratee.ratee_class)
        }
        if one.total_exact is not None:
            assert readds(one)
            if scheme.missing != "fail":
                assert sum((node.share or Fraction(0) for node in top), Fraction(0)) == 1
