"""A scheme as sheets: which sheets there are, their columns, and how one cell is written and read.

A cell is text. A list is written with 、 between its items (as JSON where an item would be cut
apart by that); fixed words are written in Chinese and read in Chinese or as their key.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.scheme import words
from analysis.scheme.words import Words
from forms.problems import N_

Kind = Literal["text", "words", "list", "flag", "choice", "number_or_choice"]
BETWEEN = "、"


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its header, where its value stands in the record, and what it may be.

    `words` are texts for people; their translations are rows of the sheet of translations.
    """

    header: str
    path: tuple[str, ...]
    kind: Kind = "text"
    choices: Words | None = None
    note: str = ""

    def write(self, record: Mapping[str, object]) -> str:
        """The cell that shows this value of a record in canonical form."""
        value = value_at(record, self.path)
        if value is None:
            return ""
        if isinstance(value, list):
            return write_list([self._word(str(item)) for item in value])
        if isinstance(value, bool):
            return words.FLAG[str(value).lower()]
        if isinstance(value, Mapping):
            return str(value.get("zh_CN", "")) if self.kind == "words" else ""
        return self._word(str(value))

    def _word(self, value: str) -> str:
        return (self.choices or {}).get(value, value)

    def read(self, text: str) -> object:
        """The value of a cell that is not blank; None where it is none of the allowed words."""
        if self.kind == "flag":
            known = {word: key == "true" for key, word in words.FLAG.items()}
            return {**known, "true": True, "false": False}.get(text.lower())
        if self.kind == "list":
            return [self.key_of(item) or item for item in read_list(text)]
        if self.kind == "choice":
            return self.key_of(text)
        if self.kind == "number_or_choice":
            return self.key_of(text) or text
        return text

    def key_of(self, text: str) -> str | None:
        """The key of an allowed word, by key or in Chinese."""
        choices = self.choices or {}
        if text in choices:
            return text
        return next((key for key, word in choices.items() if word == text), None)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: columns that say whose row it is, then the fields of its records."""

    name: str
    owner: tuple[str, ...]
    fields: tuple[Field, ...]
    about: str

    @property
    def headers(self) -> list[str]:
        return [*self.owner, *(field.header for field in self.fields)]


def value_at(record: Mapping[str, object], path: Sequence[str]) -> object:
    """What stands at a path of a record; None where nothing does."""
    found: object = record
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def write_list(items: Sequence[str]) -> str:
    """Items in one cell."""
    text = BETWEEN.join(items)
    is_plain = not text.startswith("[") and all(
        item and item == item.strip() and BETWEEN not in item for item in items
    )
    return text if is_plain or not items else json.dumps(list(items), ensure_ascii=False)


def read_list(text: str) -> list[str]:
    """The items of a cell, whichever of the usual signs stands between them."""
    if text.startswith("["):
        try:
            return [str(item) for item in json.loads(text)]
        except ValueError:
            return [text]
    return [item.strip() for item in text.split(BETWEEN) if item.strip()]


KEY = Field(N_("编号"), ("key",), note=N_("字母、数字、汉字和 _ - .，同一张表里不重复"))
NAME = Field(N_("名称"), ("name",), "words")

BASIC = Sheet(
    "基本",
    (),
    (
        KEY,
        Field(N_("版本"), ("version",)),
        Field(N_("标题"), ("title",), "words"),
        Field(N_("满分"), ("base",), note=N_("100 或 1000")),
        Field(N_("小数位数"), ("decimals",)),
        Field(N_("缺项的处理"), ("missing",), "choice", words.MISSING),
        Field(N_("同一设备"), ("same_device",), "choice", words.SAME_DEVICE),
        Field(N_("评等次所依据的分数"), ("grade_on",), "choice", words.GRADE_ON),
        Field(N_("周期"), ("rhythm",), "choice", words.RHYTHM),
        Field(N_("方案报备日期"), ("filing_on",), note=N_("月日，如 12-20")),
        Field(N_("加分上限"), ("adjustments", "bonus_cap"), note=N_("空着就是没有上限")),
        Field(N_("减分上限"), ("adjustments", "deduction_cap"), note=N_("空着就是没有上限")),
        Field(N_("判为无效的规则"), ("void",), "list", words.VOID, N_("一行一项")),
        Field(N_("同分时依次比较"), ("ties",), "list", note=N_("构成的路径，一行一项，按先后")),
        Field(N_("试点范围"), ("pilot",), "list", note=N_("评议对象编号，一行一个；没有就是全部")),
        Field(N_("含糊用语"), ("vague_words",), "list", note=N_("一行一个")),
    ),
    N_("一行一项：左边是项目，右边是内容"),
)
COMPONENTS = Sheet(
    "构成",
    ("路径",),
    (
        NAME,
        Field(N_("权重"), ("weight",), note=N_("同级之和为 100；按类别不同的写在“类别权重”")),
        Field(N_("来源"), ("source",), "choice", words.SOURCE, N_("有下级的空着")),
        Field(N_("问卷"), ("questionnaires",), "list"),
        Field(
            N_("不了解"),
            ("unknown",),
            "number_or_choice",
            words.UNKNOWN,
            N_("不计入分母、记零分，或分数"),
        ),
        Field(N_("去极值比例"), ("trim",), note=N_("两端各去 5% 写作 0.05")),
        Field(N_("最低样本"), ("min_n",)),
        Field(N_("计分的凭据"), ("evidence",), "list", words.EVIDENCE, N_("空着就是全部")),
        Field(N_("各部分按什么分"), ("mix", "by"), "choice", words.MIX_BY),
        Field(N_("分部分的评议主体"), ("mix", "rater_classes"), "list", note=N_("空着就是全部")),
        Field(N_("完成率上限"), ("completion_cap",)),
        Field(N_("完成率下限"), ("completion_floor",)),
        Field(N_("总量所占比重"), ("volume_share",), note=N_("总量 80% 写作 0.8")),
        Field(N_("分值之和"), ("points", "total")),
        Field(N_("应侧重的属性"), ("points", "emphasis")),
        Field(N_("结果系列"), ("series",)),
        Field(N_("合并方式"), ("combine",), "choice", words.COMBINE),
        Field(N_("应有期数"), ("expected",)),
    ),
    N_("一行一个构成；路径是从上到下的编号，用 / 隔开，如 public/citizen"),
)
CLASS_WEIGHTS = Sheet(
    "类别权重",
    ("构成",),
    (Field(N_("评议对象类别"), ("class",)), Field(N_("权重"), ("weight",))),
    N_("权重按评议对象类别不同时，一行一个类别；没有写到的类别没有这一构成"),
)
RATER_WEIGHTS = Sheet(
    "评议主体权重",
    ("构成",),
    (
        Field(N_("评议对象类别"), ("class",), note=N_("各类相同时空着")),
        Field(N_("评议主体"), ("rater_class",)),
        Field(N_("权重"), ("weight",), note=N_("比例即可，如 3、6、3、3")),
    ),
    N_("一份问卷构成里各评议主体的权重"),
)
PARTS = Sheet(
    "层与渠道权重",
    ("构成",),
    (
        Field(N_("部分"), ("part",), note=N_("层、渠道或凭据")),
        Field(N_("权重"), ("weight",), note=N_("比例即可，如各层人数")),
    ),
    N_("一个评议主体的答卷分成几部分时，各部分的权重；没有写到的部分不计分"),
)
POINTS = Sheet(
    "分值规则",
    ("构成",),
    (
        Field(N_("属性"), ("attribute",)),
        Field(N_("应有分值"), ("sum",)),
        Field(N_("最低"), ("low",)),
        Field(N_("最高"), ("high",)),
    ),
    N_("指标按属性应有的分值之和，以及单个指标的分值范围（只提醒）"),
)
TRANSFORMS = Sheet(
    "换算",
    ("构成", "次序"),
    (
        Field(N_("方式"), ("kind",), "choice", words.TRANSFORM),
        Field(N_("满分"), ("full",)),
        Field(N_("名次级差"), ("step",), note=N_("每名减 2% 写作 0.02")),
        Field(N_("依据数据"), ("figure",)),
        Field(N_("默认系数"), ("default",)),
    ),
    N_("一个构成可以依次作几次换算"),
)
STEPS = Sheet(
    "换算档位",
    ("构成", "次序"),
    (
        Field(N_("依据"), ("by",), "choice", words.STEPS),
        Field(N_("取值"), ("at",), note=N_("词、下限，或折线上的点")),
        Field(N_("结果"), ("gives",), note=N_("得分或系数")),
    ),
    N_("按档位换算的各档，系数的各词、各档或折线的各点"),
)
SOURCES = Sheet(
    "加减分来源",
    (),
    (
        KEY,
        NAME,
        Field(N_("加减"), ("kind",), "choice", words.ADJUSTMENT),
        Field(N_("须附依据"), ("needs_evidence",), "flag"),
        Field(N_("上限"), ("cap",)),
        Field(N_("最低倍数"), ("multiplier", "low")),
        Field(N_("最高倍数"), ("multiplier", "high")),
    ),
    N_("列出以后，每一笔加减分都要写明是哪一个来源"),
)
VETOES = Sheet(
    "一票否决",
    (),
    (KEY, NAME, Field(N_("后果"), ("effect",), "choice", words.VETO_EFFECT)),
    N_("否决事项"),
)
GRADES = Sheet(
    "等次",
    (),
    (KEY, NAME, Field(N_("分数线"), ("min",))),
    N_("最好的等次写在最前面"),
)
QUOTAS = Sheet(
    "名额",
    ("等次",),
    (
        Field(N_("名额范围"), ("scope",), "choice", words.SCOPE),
        Field(N_("人数"), ("count",)),
        Field(N_("比例"), ("share",), note=N_("27% 写作 0.27；人数和比例只写一个")),
        Field(N_("名额取整"), ("rounding",), "choice", words.ROUNDING),
    ),
    N_("一个等次可以有几行名额，都要满足"),
)
RESTRICTIONS = Sheet(
    "等次限制",
    (),
    (KEY, NAME, Field(N_("只能评为"), ("grades",), "list")),
    N_("条件写在“条件”表；几个条件都成立时，只能评为这些等次"),
)
CONSEQUENCES = Sheet(
    "结果运用",
    (),
    (
        KEY,
        NAME,
        Field(N_("类型"), ("kind",), "choice", words.CONSEQUENCE),
        Field(N_("表格的列"), ("column",), "words"),
        Field(N_("列中的文字"), ("value",), "words"),
    ),
    N_("条件写在“条件”表；由方案提出，由人决定"),
)
CONDITIONS = Sheet(
    "条件",
    ("用在", "编号"),
    (
        Field(N_("条件"), ("subject",), "choice", words.SUBJECT),
        Field(N_("内容"), ("content",), "list", note=N_("等次、否决事项、名次或得分的路径")),
        Field(N_("结果系列"), ("series",), note=N_("空着就是本方案")),
        Field(N_("时间范围"), ("span",), "choice", words.SPAN),
        Field(N_("至少"), ("at_least",)),
        Field(N_("至多"), ("at_most",)),
        Field(N_("连续"), ("consecutive",)),
        Field(N_("每次都是"), ("every",), "flag"),
        Field(N_("范围"), ("scope",), "choice", words.SCOPE),
        Field(N_("低于"), ("below",)),
        Field(N_("达到"), ("reaches",)),
    ),
    N_("同一处的几行条件要同时成立"),
)
NAMES = Sheet(
    "名称",
    ("类型",),
    (KEY, NAME),
    N_("评议主体和评议对象类别的叫法"),
)
TRANSLATIONS = Sheet(
    "名称译文",
    ("工作表", "编号", "列"),
    (Field(N_("语言"), ("language",)), Field(N_("译文"), ("text",))),
    N_("其他语言的名称；不需要可以整张空着"),
)
SHEETS = (
    *(BASIC, COMPONENTS, CLASS_WEIGHTS, RATER_WEIGHTS, PARTS, POINTS, TRANSFORMS, STEPS, SOURCES),
    *(VETOES, GRADES, QUOTAS, CONDITIONS, RESTRICTIONS, CONSEQUENCES, NAMES, TRANSLATIONS),
)
BASIC_HEADERS = ["项目", "内容"]
LANGUAGES: Words = {"zh_TW": N_("繁体中文"), "en": N_("英文")}
CLASS_NAMES: Words = {"rater_class": N_("评议主体"), "ratee_class": N_("评议对象类别")}
USES: Mapping[str, tuple[str, str, Sheet]] = {
    N_("等次资格"): ("grade", "eligibility", GRADES),
    N_("等次优先"): ("grade", "priority", GRADES),
    N_("等次限制"): ("restriction", "when", RESTRICTIONS),
    N_("结果运用"): ("consequence", "when", CONSEQUENCES),
}
