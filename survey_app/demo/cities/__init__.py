"""The simulated cities, by the scheme that each shows. One module says what is in one of them."""

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from forms.problems import N_, InputError, Problem
from survey_app.demo.small_city import SmallCity

LARGE = "zhangjiajie-2009"
"""The city with a planted truth; its ballots may be as many as one likes."""
SMALL: Mapping[str, str] = {
    "literal-60-30-10": "literal_60_30_10",
    "three-evaluations": "three_evaluations",
    "new-area-monthly": "new_area",
    "hengyang-annual": "hengyang",
    "hengyang-quarterly": "hengyang",
    "xiangtan-public-opinion": "xiangtan",
    "xinping-posts": "xinping",
    "taojiang-education": "taojiang",
}
NAMES = (LARGE, *SMALL)


def draw_small(name: str, seed: int) -> SmallCity | None:
    """The small city of this name, None for the large one; InputError with the names known."""
    if name == LARGE:
        return None
    if name not in SMALL:
        values = {"name": name, "known": "、".join(NAMES)}
        raise InputError(
            [Problem("--scheme", N_("没有名叫 {name} 的演示"), N_("可选：{known}"), values)]
        )
    module = import_module(f"survey_app.demo.cities.{SMALL[name]}")
    return cast(SmallCity, module.draw(seed))
