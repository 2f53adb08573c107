"""A scheme as TOML and back: the same digest; edits keep comments and order."""

from hypothesis import HealthCheck, given, settings

from analysis.scheme import Scheme, shipped
from analysis.scheme.definition import SCHEMES
from analysis.scheme.toml_text import edit_toml, to_toml
from tests.unit.made_schemes import schemes

SMALL = """
key = "small"
version = "1"
title = "小方案"
[[component]]
key = "all"
name = "评议"
weight = "100"
source = "questionnaire"
"""


@given(schemes())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_scheme_comes_back_from_its_toml(scheme: Scheme) -> None:
    assert Scheme.load(to_toml(scheme).encode()).digest == scheme.digest


def test_every_shipped_scheme_comes_back_from_its_toml() -> None:
    for scheme in shipped().values():
        assert Scheme.load(to_toml(scheme).encode()).digest == scheme.digest, scheme.key


def test_an_edit_keeps_comments_order_and_everything_else() -> None:
    text = (SCHEMES / "zhangjiajie-2009.toml").read_text(encoding="utf-8")
    changes = [
        (("component", 1, "weight"), "35"),
        (("component", 2, "weight"), "5"),
        (("component", 1, "rater_classes", "citizen"), "30"),
        (("grade", 0, "quota", 0, "share"), "0.3"),
        (("adjustments", "bonus_cap"), None),
    ]
    edited = edit_toml(text, changes)
    assert Scheme.load(text.encode()).diff(Scheme.load(edited.encode())) == [
        "公众评议 权重 30 → 35",
        "公众评议 评议主体权重 市民 25 → 30",
        "内部评估 权重 10 → 5",
        "加分上限 50 → —",
        "优秀 名额 比例 0.27 → 0.3",
    ]
    lines = text.splitlines()
    kept = [line for line in edited.splitlines() if line in lines]
    assert len(kept) == len(lines) - 5
    assert [line for line in lines if line.startswith("#")] == [
        line for line in kept if line.startswith("#")
    ]
    assert kept == [line for line in lines if line in kept]


def test_an_edit_of_nothing_changes_no_byte() -> None:
    for path in SCHEMES.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        assert edit_toml(text, []) == text


def test_an_edit_makes_the_tables_it_needs() -> None:
    text = SMALL + '\n[[adjustments.source]]\nkey = "praise"\nname = "群众好评"\n'
    changes = [
        (("adjustments", "source", 0, "multiplier", "low"), "3"),
        (("adjustments", "source", 0, "multiplier", "high"), "10"),
        (("adjustments", "bonus_cap"), "20"),
    ]
    made = Scheme.load(edit_toml(text, changes).encode()).adjustments
    assert (made.bonus_cap, made.sources[0].multiplier) == (20, (3, 10))
    alone = edit_toml(SMALL, [(("adjustments", "deduction_cap"), "7")])
    assert Scheme.load(alone.encode()).adjustments.deduction_cap == 7
