"""Sampling designs: weights, population sizes, degrees of freedom, and what is refused."""

import numpy as np
import pytest

from analysis.statistics.design.design import make_design, reweighted
from analysis.statistics.estimate import NoEstimate
from forms.problems import InputError


def test_without_anything_everybody_counts_once():
    design = make_design(3)
    assert design.weights.tolist() == [1, 1, 1]
    assert design.simple
    assert design.degrees() == 2


def test_weights_come_from_population_sizes_over_all_stages():
    # 2 of 4 villages; 2 of 4 families in a, 1 of 3 in b: weights 2·2 and 2·3
    clusters = [["a", "a", "b"], ["x", "y", "x"]]
    design = make_design(3, clusters=clusters, fpc=[[4, 4, 4], [4, 4, 3]])
    assert design.weights.tolist() == [4, 4, 6]
    assert design.degrees() == 1
    assert not design.simple


def test_fractions_and_counts_are_the_same_design():
    counts = make_design(4, strata=[1, 1, 2, 2], fpc=[[8, 8, 4, 4]])
    shares = make_design(4, strata=[1, 1, 2, 2], fpc=[[0.25, 0.25, 0.5, 0.5]])
    assert shares.weights.tolist() == counts.weights.tolist() == [4, 4, 2, 2]
    assert shares.stages[0].population.tolist() == [8, 4]


def test_a_fraction_of_one_everywhere_is_a_census():
    design = make_design(3, fpc=[[1, 1, 1]])
    assert design.weights.tolist() == [1, 1, 1]
    assert "全面调查" in design.notes()[0].text()


def test_labels_are_unique_within_the_stratum_only():
    design = make_design(4, strata=["a", "a", "b", "b"], clusters=[[1, 2, 1, 2]])
    assert len(np.unique(design.psu)) == 4
    assert design.degrees() == 2


def test_degrees_count_what_a_domain_holds():
    design = make_design(6, strata=[1, 1, 1, 2, 2, 2])
    inside = np.array([True, True, True, True, False, False])
    assert design.degrees() == 4
    assert design.degrees(inside) == 2
    without = reweighted(design, np.array([1.0, 1, 0, 1, 1, 1]))
    assert without.degrees() == 3


def test_a_stratum_with_one_unit_is_said():
    texts = [note.text() for note in make_design(3, strata=[1, 1, 2]).notes()]
    assert texts == ["有 1 层只有一个初级单元，其方差按总均值居中计算"]


@pytest.mark.parametrize(
    ("fpc", "told"),
    [
        ([[1.5, 1.5, 1.5]], "多于总体数"),
        ([[9, 9, 8]], "不一致"),
        ([[9, 9, 0.5]], "混用"),
        ([[9, 9, np.nan]], "缺失"),
        ([[9, 9, -1]], "正数"),
        ([[9, 9, 9], [2, 2, 2]], "抽样阶段"),
    ],
)
def test_impossible_population_sizes_are_refused(fpc, told):
    with pytest.raises(InputError, match=told):
        make_design(3, fpc=fpc)


@pytest.mark.parametrize("weights", [[1, 1, -1], [1, 1, np.nan], [1, 1, np.inf]])
def test_impossible_weights_are_refused(weights):
    with pytest.raises(InputError, match="权数"):
        make_design(3, weights)


def test_no_rows_and_no_weight_have_no_estimate():
    with pytest.raises(NoEstimate) as why:
        make_design(0)
    assert why.value.status == "too_few"
    with pytest.raises(NoEstimate) as why:
        make_design(2, [0, 0])
    assert why.value.status == "undefined"
