"""What an operator takes away from a draw: the list, who was drawn, and how to draw again."""

import hashlib
import io
import zipfile

from analysis.note import Note
from forms.problems import N_
from survey_app.planning.drawing import Outcome, Rule

LIST_NAME, DRAWN_NAME, GUIDE_NAME = "名单.csv", "抽中.csv", "怎样重抽.txt"
OPTIONS = {"stratified": " --strata 层 --allocation {allocation}", "pps": " --size 规模"}
EXAMPLE_KEY = "人员0001"
SORTED = N_(
    "对每个人算 SHA-256（种子/编号），用 UTF-8 编码，末尾没有换行，得到 64 位十六进制数；"
    "从小到大排，取排在最前面的 {n} 人。"
)
IN_STRATA = N_(
    "对每个人算 SHA-256（种子/编号），用 UTF-8 编码，末尾没有换行，得到 64 位十六进制数；"
    "在每一层里从小到大排，取排在最前面的若干人，每层取多少人见各层的表。"
)
BY_STEPS = N_(
    "算 SHA-256（种子/start），看作 0 到 1 之间的数 u（除以 2 的 256 次方）。"
    "名单按编号排好，从 0 数起，取第 ⌊(u+k)×{people}/{n}⌋ 人，k 从 0 到 {last}。"
)
BY_SIZE = N_(
    "算 SHA-256（种子/start），看作 0 到 1 之间的数 u（除以 2 的 256 次方）。"
    "名单按编号排好，规模从头累加，步长 = 规模总和 ÷ {n}，(u+k)×步长 落在谁身上谁就抽中；"
    "规模不小于步长的人先直接抽中，其余的人重新算步长。"
)
BY_HAND = {"simple": SORTED, "stratified": IN_STRATA, "systematic": BY_STEPS, "pps": BY_SIZE}


def command_of(rule: Rule) -> str:
    """The command that repeats a draw from the list as it was given out."""
    options = OPTIONS.get(rule.method, "").format(allocation=rule.allocation)
    head = f"survey stats draw {LIST_NAME} --id 编号 --kind {rule.method} --n {rule.n}"
    return f'{head}{options} --seed-text "{rule.seed}"'


def by_hand(rule: Rule, people: int) -> Note:
    """How to repeat it with nothing but a SHA-256 tool."""
    return Note(BY_HAND[rule.method], {"n": rule.n, "people": people, "last": rule.n - 1})


def example_of(seed: str) -> tuple[str, str]:
    """A text and its SHA-256, to try a tool with."""
    text = f"{seed}/{EXAMPLE_KEY}"
    return text, hashlib.sha256(text.encode()).hexdigest()


def packet(title: str, number: int, rule: Rule, outcome: Outcome) -> bytes:
    """A zip with the list, the people drawn and the guide."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(LIST_NAME, outcome.list_file)
        archive.writestr(DRAWN_NAME, outcome.drawn_file)
        archive.writestr(GUIDE_NAME, _guide(title, number, rule, outcome).encode("utf-8-sig"))
    return out.getvalue()


def _guide(title: str, number: int, rule: Rule, outcome: Outcome) -> str:
    text, hashed = example_of(rule.seed)
    lines = [
        f"{title}　第 {number} 次抽样",
        f"名单 {outcome.people} 人，抽 {len(outcome.keys)} 人。种子：{rule.seed}",
        "",
        f"{LIST_NAME} 的 SHA-256：{outcome.list_digest}",
        f"{DRAWN_NAME} 的 SHA-256：{outcome.drawn_digest}",
        "（对整个文件计算：Windows 用 certutil -hashfile 文件 SHA256，Linux 用 sha256sum 文件）",
        "",
        "一、用命令重抽：",
        f"    {command_of(rule)}",
        "二、用任何 SHA-256 工具重抽：",
        f"    {by_hand(rule, outcome.people).text()}",
        f"    试一试工具：“{text}”的 SHA-256 应为 {hashed}",
    ]
    if rule.method == "stratified":
        lines += ["", "各层："]
        lines += [f"    {name}：{n} 人中抽 {k} 人" for name, (n, k) in outcome.strata.items()]
    lines += ["", "抽样的结果只由名单和种子决定，与名单的先后顺序无关。"]
    return "\r\n".join(lines) + "\r\n"
