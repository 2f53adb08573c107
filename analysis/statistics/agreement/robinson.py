"""Robinson's A: the share of variance that lies between ratees once severity is taken out."""

from analysis.note import Note
from analysis.statistics.agreement.anova import TwoWay
from analysis.statistics.estimate import NoEstimate
from forms.problems import N_


def robinson(two: TwoWay) -> float:
    """Robinson's A = SS_rows/(SS_rows + SS_error), in [0, 1].

    Source: Robinson 1957; Asendorpf & Wallbott 1979.
    What goes wrong: unlike the intraclass correlations it is 1/m, not 0, without any agreement.
    """
    rows = two.ms_rows * (two.rows - 1)
    error = two.ms_error * (two.rows - 1) * (two.columns - 1)
    if rows + error <= 0:
        raise NoEstimate("undefined", Note(N_("各对象得分都一样，Robinson A 没有定义")))
    return rows / (rows + error)
