"""What failed checks of a bundle say to people: the cause, what may follow from it, what to do."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from analysis.round_log import bundle_files as names
from analysis.round_log.bundle import Bundle, Unreadable
from analysis.round_log.log_checks import Gap, unsigned
from analysis.sealed_round import Check

WORDS: Mapping[str, str] = {
    "V0": "与包里的清单不符，或缺少、多出",
    "V1": "不是这个日志里、这个位置上该有的",
    "V2": "答卷、回执、用过的卡和发出的卡对不上",
    "V3": "重复，或不是发出的卡，或名单不是发卡时承诺的",
    "V4": "不该在这个位置（关闭之前或之后），或没有两个人的名字",
    "V5": "交来的答卷不是日志里的那些",
    "V6": "不是公布或核算时的样子，或与重算的不同",
    "V7": "排除答卷的决定与日志不符，或没有两个人的名字",
    "V8": "封存的文件或操作记录与日志不符",
    "V9": "与别人保存的不同",
}
CHECKPOINT = "不是日志的密钥签的，或日志已不是它签过的样子（以后的检查点也就对不上）"
FEW = 2
ORDER = {"leaf 0": 0, names.INDEX: 2}
"""Everything follows from the first leaf, and the index from any change."""


def tell(folder: Path, failed: Sequence[Check]) -> list[str]:
    """Lines for a person: the cause first, the rest indented, one sentence at the end."""
    found = [(one.id, one.place.removeprefix(f"{folder}: ")) for one in failed]
    found.sort(key=lambda one: ORDER.get(one[1], 1))
    lines = [f"{number} {place}：{_words(number, place)}" for number, place in found]
    places = [place for _, place in found]
    changed = _changed(folder, places)
    if changed:
        lines = [f"V1 {changed[0]}：{changed[1]}", *lines]
    first = changed[0] if changed else places[0]
    todo = f"先查 {first}，换回原样以后再核对一次，看其余的是不是由它引起"
    return [*cause_first(lines), f"共 {len(lines)} 处不符：{todo}"]


def cause_first(lines: Sequence[str]) -> list[str]:
    """The first line as the cause, the rest indented below it."""
    rest = ["由此而来，或者另有改动：", *(f"  {line}" for line in lines[1:])]
    return [f"起因：{lines[0]}", *(rest if lines[1:] else [])]


def _words(number: str, place: str) -> str:
    is_checkpoint = number == "V1" and place.startswith("checkpoint")
    return CHECKPOINT if is_checkpoint else WORDS.get(number, "不符")


def _changed(folder: Path, places: Sequence[str]) -> tuple[str, str] | None:
    """Where the log is not the one signed, and how that shows; None where it is."""
    bundle = Bundle(folder)
    try:
        gap = unsigned(bundle)
    except (Unreadable, ValueError, KeyError, TypeError):
        return None
    if gap is None:
        return None
    is_as_long = gap.n_signed == len(bundle.leaves) >= gap.leaves.stop
    leaves = sorted(_suspects(gap, places)) if is_as_long else []
    what = f"对不上 checkpoint {gap.checkpoint} 签过的根"
    if 0 < len(leaves) <= FEW:
        return " 或 ".join(
            f"leaf {n}（{bundle.leaves[n].kind}）" for n in leaves
        ), f"被改动过，{what}"
    place = f"leaf {gap.leaves[0]} 到 leaf {gap.leaves[-1]}"
    return place, f"之间有改动、增删或挪动，{what}"


def _suspects(gap: Gap, places: Sequence[str]) -> set[int]:
    """The leaves that all failures within the gap agree on; its only leaf where it has one."""
    told = list(_within(gap, places))
    return set.intersection(*told) if told else set(gap.leaves)


def _within(gap: Gap, places: Sequence[str]) -> Iterator[set[int]]:
    for place in places:
        named = {int(n) for n in re.findall(r"leaf (\d+)", place)} & set(gap.leaves)
        if named:
            yield named
