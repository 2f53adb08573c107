"""Replicate weights: for a total each scheme gives back the linearised variance."""

import numpy as np
import pytest

from analysis.statistics.design.design import make_design
from analysis.statistics.design.linearisation import covariance, means, totals
from analysis.statistics.design.replication import (
    replicate,
    replicate_covariance,
    replicate_ratios,
    replicate_totals,
    replicates,
)
from analysis.statistics.estimate import NoEstimate

X = np.array([1.0, 4, 2, 9, 5, 7, 3, 8])
STRATA = np.array([1, 1, 1, 1, 2, 2, 2, 2])
PAIRS = np.array([1, 1, 2, 2, 3, 3, 4, 4])


def of_total(design, kind, **options):
    of = replicates(design, kind, **options)
    thetas = replicate_totals(design, of, X)
    return replicate_covariance(of, thetas, np.array([design.weights @ X]))[0, 0]


def linear(design):
    return covariance(design, totals(design, X))[0, 0]


def test_delete_one_by_hand():
    # means without one of 1, 2, 6: 4, 3.5, 1.5, about their mean 3: (1 + 0.25 + 2.25)·2/3
    design, x = make_design(3), np.array([1.0, 2, 6])
    of = replicates(design, "jk1")
    thetas = replicate_ratios(design, of, x, np.ones(3))
    assert thetas.ravel().tolist() == [4, 3.5, 1.5]
    assert replicate_covariance(of, thetas, np.array([3.0]))[0, 0] == pytest.approx(7 / 3)


@pytest.mark.parametrize("fpc", [[], [[20] * 8]])
@pytest.mark.parametrize(("kind", "strata"), [("jk1", None), ("jkn", STRATA), ("jkn", None)])
def test_jackknife_of_a_total_is_the_linearised_variance(kind, strata, fpc):
    design = make_design(8, np.arange(1, 9), strata, fpc=fpc)
    assert of_total(design, kind) == pytest.approx(linear(design))


def test_half_samples_of_a_total_are_balanced():
    design = make_design(8, [2] * 8, PAIRS)
    assert of_total(design, "brr") == pytest.approx(linear(design))
    factor = replicates(design, "brr").factor
    assert factor.shape == (8, 8)
    assert set(factor.ravel()) == {0, 2}
    assert (factor.sum(axis=0) == 8).all()


def test_a_group_for_every_unit_is_the_jackknife():
    design = make_design(8)
    assert of_total(design, "dagjk", groups=8) == pytest.approx(linear(design))
    # 4 units a stratum, 8 groups: Kott's weights give the stratified variance
    stratified = make_design(8, strata=STRATA)
    assert of_total(stratified, "dagjk", groups=8, seed=5) == pytest.approx(linear(stratified))


def test_groups_weight_up_what_is_left():
    factor = replicates(make_design(8), "dagjk", groups=4, seed=2).factor
    assert factor.sum(axis=0) == pytest.approx([8] * 4)
    assert ((factor == 0).sum(axis=1) == 1).all()


def test_rao_wu_keeps_the_size_of_every_stratum_and_its_variance():
    design = make_design(8, strata=STRATA)
    of = replicates(design, "bootstrap", replications=4000, seed=7)
    for stratum in (1, 2):
        assert of.factor[stratum == STRATA].sum(axis=0) == pytest.approx([4] * 4000)
    assert of_total(design, "bootstrap", replications=4000, seed=7) == pytest.approx(
        linear(design), rel=0.1
    )


@pytest.mark.parametrize("kind", ["dagjk", "bootstrap"])
def test_the_seed_decides(kind):
    design = make_design(8)
    first = of_total(design, kind, groups=4, replications=20, seed=1)
    assert first == of_total(design, kind, groups=4, replications=20, seed=1)
    assert first != of_total(design, kind, groups=4, replications=20, seed=2)


def test_the_centre_is_the_mean_of_the_replicates_or_the_estimate():
    # theta = Σ x squared of 1, 2, 6 with 3/2 times the others
    design, x = make_design(3), np.array([1.0, 2, 6])
    values = {}
    for mse in (False, True):
        of = replicates(design, "jk1", mse=mse)
        thetas = replicate(design, of, lambda w: np.array([(w @ x) ** 2]))
        assert thetas.ravel().tolist() == [144, 110.25, 20.25]
        values[mse] = replicate_covariance(of, thetas, np.array([81.0]))[0, 0]
    centre = (144 + 110.25 + 20.25) / 3
    squares = [sum((t - c) ** 2 for t in (144, 110.25, 20.25)) for c in (centre, 81)]
    assert values[False] == pytest.approx(2 / 3 * squares[0])
    assert values[True] == pytest.approx(2 / 3 * squares[1])


def test_a_whole_chain_is_the_same_as_its_totals():
    design = make_design(8, strata=STRATA)
    of = replicates(design, "jkn")
    whole = replicate(design, of, lambda w: np.array([w @ X / w.sum()]))
    assert whole == pytest.approx(replicate_ratios(design, of, X, np.ones(8)))


def test_a_stratum_with_one_unit_goes_whole():
    # matches linearisation for a mean of equal weights only roughly; the scheme is worked by hand
    design, x = make_design(3, strata=[1, 1, 2]), np.array([0.0, 2, 6])
    of = replicates(design, "jkn")
    thetas = replicate_ratios(design, of, x, np.ones(3)).ravel()
    assert thetas == pytest.approx([10 / 3, 2, 1])
    assert of.scale == pytest.approx([0.5, 0.5, 0.5])
    centre = thetas.mean()
    found = replicate_covariance(of, thetas[:, None], np.array([8 / 3]))[0, 0]
    assert found == pytest.approx(0.5 * ((thetas - centre) ** 2).sum())


def test_a_replicate_that_loses_the_domain_is_left_out():
    design = make_design(4)
    of = replicates(design, "jk1")
    inside = np.array([True, False, False, False])
    thetas = replicate_ratios(design, of, np.array([3.0, 1, 1, 1]), np.ones(4), inside)
    assert np.isnan(thetas[0, 0])
    assert replicate_covariance(of, thetas, np.array([3.0]))[0, 0] == 0
    with pytest.raises(NoEstimate):
        replicate_covariance(of, np.full((4, 1), np.nan), np.array([3.0]))


def test_missing_values_are_outside():
    design, x = make_design(4), np.array([1.0, 2, 6, np.nan])
    of = replicates(design, "jk1")
    thetas = replicate_ratios(design, of, x, np.ones(4))
    assert thetas.ravel() == pytest.approx([4, 3.5, 1.5, 3])
    linearised = covariance(design, means(design, x))[0, 0]
    assert replicate_covariance(of, thetas, np.array([3.0]))[0, 0] > linearised > 0


@pytest.mark.parametrize(
    ("kind", "strata", "n"),
    [("jk1", STRATA, 8), ("brr", STRATA, 8), ("brr", None, 3), ("jkn", None, 1)],
)
def test_schemes_that_do_not_fit_are_refused(kind, strata, n):
    with pytest.raises(NoEstimate):
        replicates(make_design(n, strata=strata), kind)


def test_too_many_units_for_one_by_one():
    with pytest.raises(NoEstimate, match="dagjk"):
        replicates(make_design(8000), "jk1")


def test_sizes_that_are_not_used_are_said():
    design = make_design(8, strata=STRATA, fpc=[[20] * 8])
    assert any("总体数" in note.text() for note in replicates(design, "bootstrap").notes)
    assert not replicates(design, "jkn").notes
