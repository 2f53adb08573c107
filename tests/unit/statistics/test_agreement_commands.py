"""`survey stats` for agreement: wide and long forms say the same, and no file makes it fail."""

import math
from pathlib import Path

import pytest

from tests.reference.published import estimates, stats

WIDE = "id,a,b,c\nx,1,2,2\ny,3,5,4\nz,5,5,5\nw,2,2,1\nv,4,3,4\n"
METHODS = {
    "icc": (),
    "alpha": ("--draws", "20"),
    "kendall": (),
    "kappa": (),
    "gwet": (),
    "agreement": (),
    "gtheory": (),
}
FILES = {
    "header only": "id,a,b,c\n",
    "one row": "id,a,b,c\nx,1,2,3\n",
    "all alike": "id,a,b,c\nx,3,3,3\ny,3,3,3\nz,3,3,3\n",
    "raters differ by a constant": "id,a,b,c\nx,1,2,3\ny,2,3,4\nz,4,5,6\n",
    "all missing": "id,a,b,c\nx,,,\ny,NA,,\n",
    "one mark each": "id,a,b,c\nx,1,,\ny,,2,\nz,,,3\n",
    "a rater who never rated": "id,a,b,c\nx,1,2,\ny,2,2,\nz,4,1,\n",
    "ratees alike": "id,a,b,c\nx,1,2,3\ny,1,2,3\nz,1,2,3\n",
}


@pytest.fixture
def write(tmp_path: Path):
    def made(text: str) -> str:
        path = tmp_path / "ratings.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return made


def long(text: str, rater: str = "rater") -> str:
    header, *rows = [line.split(",") for line in text.split()]
    lines = [
        f"{row[0]},{name},{mark}"
        for row in reversed(rows)
        for name, mark in zip(header[1:], row[1:], strict=True)
    ]
    return "\n".join([f"id,{rater},mark", *lines]) + "\n"


def finite(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    if isinstance(value, list):
        return all(map(finite, value))
    return not isinstance(value, float) or math.isfinite(value)


@pytest.mark.parametrize("method", METHODS)
def test_wide_and_long_say_the_same(method, write):
    options = METHODS[method]
    wide = stats(method, write(WIDE), "--items", "a,b,c", "--id", "id", *options)
    form = ("--ratee", "id", "--rater", "rater", "--y", "mark")
    other = stats(method, write(long(WIDE)), *form, *options)
    names = {"id:rater": "rater:id"}
    assert wide["status"] == "ok"
    assert {names.get(k, k): v for k, v in estimates(other).items()} == pytest.approx(
        {names.get(k, k): v for k, v in estimates(wide).items()}, abs=1e-12
    )


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("method", METHODS)
def test_any_file_is_answered_or_refused_with_a_reason(method, kind, write):
    path = write(FILES[kind])
    try:
        answer = stats(method, path, "--items", "a,b,c", *METHODS[method])
    except AssertionError:
        answer = stats(method, path, "--items", "a,b,c", *METHODS[method], exit_code=1)
        assert answer["status"] in {"too_few", "undefined", "disconnected", "not_converged"}
    assert finite(answer)
    missing = [one for one in answer["estimates"] if one["estimate"] is None]
    assert answer["notes"] or not missing
    assert answer["estimates"] or answer["notes"]


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("method", ["icc", "rwg", "alpha"])
def test_ratees_with_raters_of_their_own(method, kind, write):
    path = write(long(FILES[kind]))
    form = (method, path, "--ratee", "id", "--y", "mark", *METHODS.get(method, ()))
    try:
        answer = stats(*form)
    except AssertionError:
        answer = stats(*form, exit_code=1)
    assert finite(answer)
    assert answer["estimates"] or answer["notes"]


def test_transposed_and_missing_rows_are_said(write):
    turned = "rater,x,y,z,w,v\na,1,3,5,2,4\nb,2,5,5,2,3\nc,2,4,5,1,4\n"
    one = stats("icc", write(turned), "--items", "x,y,z,w,v", "--transpose")
    other = stats("icc", write(WIDE), "--items", "a,b,c")
    assert estimates(one) == pytest.approx(estimates(other))
    holed = stats("icc", write(WIDE + "u,1,,2\n"), "--items", "a,b,c")
    assert estimates(holed) == pytest.approx(estimates(other))
    assert any("1 个对象" in note for note in holed["notes"])


def test_two_marks_of_one_rater_are_refused(write):
    text = long(WIDE) + "x,a,5\n"
    form = ("--ratee", "id", "--rater", "rater", "--y", "mark")
    answer = stats("icc", write(text), *form, exit_code=1)
    assert answer["status"] == "undefined"


def test_categories_may_be_words(write):
    text = "a,b\nred,red\nblue,red\nblue,blue\ngreen,green\n"
    answer = stats("kappa", write(text), "--items", "a,b")
    assert answer["detail"]["kind"] == "cohen"
    assert answer["detail"]["categories"] == ["blue", "green", "red"]
    # Three of four agree; chance 2/16 + 1/16 + 2/16.
    assert estimates(answer)["kappa"] == pytest.approx((0.75 - 5 / 16) / (11 / 16))
    nominal = stats("alpha", write(text), "--items", "a,b", "--level-of", "nominal")
    assert set(nominal["detail"]) >= {"nominal"}
    assert "ordinal" not in nominal["detail"]


def test_a_category_nobody_used_widens_the_scale(write):
    text = "a,b\n1,1\n2,1\n2,2\n1,1\n3,2\n"
    form = (write(text), "--items", "a,b", "--weights-kind", "equal")
    narrow, wide = (
        [stats(name, *form, *more) for name in ("kappa", "gwet")]
        for more in ((), ("--categories", "1,2,3,4,5"))
    )
    assert wide[0]["detail"]["categories"] == ["1", "2", "3", "4", "5"]
    # Disagreement is halved in both parts, so kappa itself stays; AC counts the categories.
    assert estimates(wide[0])["kappa"] == pytest.approx(estimates(narrow[0])["kappa"])
    assert wide[0]["detail"]["agreement"] == pytest.approx(0.9)
    assert estimates(wide[1])["conger"] == pytest.approx(estimates(narrow[1])["conger"])
    assert estimates(wide[1])["gwet_ac1"] != pytest.approx(estimates(narrow[1])["gwet_ac1"])
    plain = stats("kappa", write(text), "--items", "a,b", "--kind", "fleiss", "--categories", "4")
    assert plain["detail"]["cat_kappa"][3] is None


def test_agreement_inside_ratees_names_each(write):
    text = "unit,mark\nu,2\nu,3\nu,3\nu,4\nv,5\nv,5\nw,1\n"
    form = ("--ratee", "unit", "--y", "mark", "--range", "1,5")
    answer = stats("rwg", write(text), *form)
    got = estimates(answer)
    assert got["rwg:u"] == pytest.approx(2 / 3)
    assert got["awg:u"] == pytest.approx(0.75)
    assert got["ad_mean:u"] == pytest.approx(0.5)
    assert (got["rwg:v"], got["awg:v"], got["rwg:w"]) == (1, 1, None)
    assert answer["detail"]["n"] == [4, 2, 1]


def test_how_many_raters_would_do(write):
    answer = stats("gtheory", write(WIDE), "--items", "a,b,c", "--n", "3,30", "--target", "0.9")
    detail = answer["detail"]
    assert detail["E_rho2"][0] == pytest.approx(detail["generalizability"])
    assert detail["E_rho2"][1] > detail["E_rho2"][0]
    needed = detail["needed"]["relative"]
    again = stats("gtheory", write(WIDE), "--items", "a,b,c", "--n", f"{needed},{needed - 1}")
    assert again["detail"]["E_rho2"][0] >= 0.9
    assert needed == 1 or again["detail"]["E_rho2"][1] < 0.9
