"""The figures of a demonstration in words, for a terminal."""

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from survey_app.demo.service import Demo

RULE_NAMES = {
    "replayed": "同一页面重复提交",
    "code_used": "用过的评议卡",
    "after_close": "关闭之后提交",
    "incomplete": "漏答必答题",
    "forged": "伪造的页面",
    "same_device": "同一手机再答",
    "straight_line": "全选同一项",
    "fast_straight_line": "很快全选同一项",
    "too_many_blank": "半数题目空着",
    "link_burst": "入口短时扎堆",
    "one_sided_link": "入口扎堆且一边倒",
    "repeated_pattern": "固定答案反复出现",
    "two_phones": "一人两部手机",
    "card_farm": "单位自填评议卡",
}
UNIT_NAMES = {"row": "行", "link": "入口", "pattern": "答案", "submission": "份"}
PLACE_NAMES = {
    "total": "总分",
    "public": "公众评议",
    "internal": "内部评估",
    "ratings": "评议得分",
    "total.same_device_count": "总分（同一手机都计）",
    "total.without_doubtful": "总分（去掉有疑点的）",
}
WIDTH = 26


def rule_lines(demo: "Demo") -> Iterator[str]:
    """A table: planted, found, missed, false alarms of every rule."""
    yield ""
    heads = "".join(right(head, 8) for head in ("埋下", "找到", "漏掉", "误报"))
    yield f"  {padded('预先埋下的脏数据', WIDTH)}{heads}"
    for rule, one in demo.rules.items():
        figures = (one.planted, one.found, one.missed, one.false_alarms)
        name = f"{RULE_NAMES.get(rule, rule)}（{UNIT_NAMES[one.unit]}）"
        yield f"  {padded(name, WIDTH)}{''.join(f'{figure:>8}' for figure in figures)}"
    never = sum(demo.rules[rule].found for rule in ("after_close", "code_used", "forged"))
    yield f"  从未接受：关闭之后、用过的卡、伪造的页面，共 {never} 份，一份也没有入库。"
    yield "  无法发现：一个人用两部手机；单位自己填写扣下的评议卡。本系统不记录身份和时间。"
    if not demo.counts["void"]:
        yield "  误报只是提示：没有一份答卷因为提示而被剔除；同一手机的第二份按方案计或不计。"


def accuracy_lines(demo: "Demo") -> Iterator[str]:
    """How far the scores land from the truth."""
    counts = demo.counts
    yield ""
    yield (
        f"  答卷×对象：诚实 {counts['honest']} 行，脏数据 {counts['dirt']} 行；"
        f"收到 {counts['raw']}，重复 {counts['duplicate']}，有效 {counts['valid']}"
    )
    heads = "".join(right(head, 12) for head in ("平均误差", "最大误差", "名次相关"))
    yield f"  {padded('得分与真相相差（分）', WIDTH + 4)}{heads}"
    for place, one in demo.accuracy.items():
        if not one.n:
            continue
        correlation = "—" if one.rank_correlation is None else f"{one.rank_correlation:.3f}"
        figures = f"{one.mean_abs_error:>12.2f}{one.max_abs_error:>12.2f}{correlation:>12}"
        yield f"  {padded(PLACE_NAMES.get(place, place), WIDTH + 4)}{figures}"
    push = demo.push.as_json()
    without = push["total_without_doubtful"]
    yield (
        f"  刷票的{push['name']}：真相 {push['true_total']} 分，得分 {push['total'] or '—'} 分"
        + (f"，去掉有疑点的答卷 {without} 分" if without else "")
    )


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def padded(text: str, width: int) -> str:
    return text + " " * max(1, width - _columns(text))


def right(text: str, width: int) -> str:
    return " " * max(1, width - _columns(text)) + text
