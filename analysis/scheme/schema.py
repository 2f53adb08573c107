"""A JSON Schema of scheme files, for editors that check and complete while somebody types.

It knows keys, kinds of values and fixed words. What must hold between the parts (sums, names that
exist) only `survey scheme check` knows.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from analysis.scheme.adjustments import ADJUSTMENT_KINDS, VETO_EFFECTS
from analysis.scheme.checks import VOIDABLE_RULES
from analysis.scheme.components import COMBINES, SOURCES
from analysis.scheme.conditions import SCOPES, SPANS
from analysis.scheme.definition import (
    GRADE_ON,
    MISSING_POLICIES,
    RHYTHMS,
    SAME_DEVICE_POLICIES,
)
from analysis.scheme.grades import CONSEQUENCE_KINDS, ROUNDINGS
from analysis.scheme.mix import EVIDENCE, MIX_BY
from forms.definition import LANGUAGES

Schema = dict[str, Any]
_NUMBER = r"^\s*[+-]?\d+(\.\d+)?\s*$"


def json_schema() -> Schema:
    """The whole schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "评估方案",
        **_table(_root(), ("key", "version", "title", "component")),
        "$defs": {
            "text": _text(),
            "number": {
                "description": '数，写成加引号的普通写法，如 "92.90"',
                "anyOf": [{"type": "string", "pattern": _NUMBER}, {"type": "number"}],
            },
            "numbers": {"type": "object", "additionalProperties": _ref("number")},
            "component": _component(),
            "transform": _transform(),
            "condition": _condition(),
            "quota": _quota(),
        },
    }


def schema_text() -> str:
    """The schema as the file docs/scheme.schema.json has it."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"


def _table(properties: Mapping[str, Schema], needed: Iterable[str] = ()) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(needed),
        "properties": dict(properties),
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _one_of(words: Iterable[str], about: str) -> Schema:
    return {"enum": list(words), "description": about}


def _said(schema: Schema, about: str) -> Schema:
    return {**schema, "description": about}


def _plain(about: str) -> Schema:
    return {"type": ["string", "integer"], "description": about}


def _whole(about: str, low: int = 0) -> Schema:
    return {
        "description": about,
        "anyOf": [{"type": "integer", "minimum": low}, {"type": "string", "pattern": r"^\d+$"}],
    }


def _texts(about: str) -> Schema:
    return _said(_list({"type": ["string", "integer"]}), about)


def _text() -> Schema:
    languages = _table({one: {"type": "string"} for one in LANGUAGES}, ("zh_CN",))
    return {"anyOf": [{"type": ["string", "integer"]}, languages]}


def _root() -> Schema:
    tables = {
        "component": _said(_list(_ref("component")), "构成；同级权重之和为 100"),
        "adjustments": _adjustments(),
        "veto": _list(
            _table(
                {
                    "key": _plain("编号"),
                    "name": _ref("text"),
                    "effect": _one_of(VETO_EFFECTS, "后果：不能评为最高等次、最低等次、总分记零"),
                },
                ("key",),
            )
        ),
        "grade": _list(_grade()),
        "restriction": _list(_restriction()),
        "consequence": _list(_consequence()),
        "rater_class": _names("评议主体的名称"),
        "ratee_class": _names("评议对象类别的名称"),
    }
    return {
        "key": _plain("编号"),
        "version": _plain("版本"),
        "title": _said(_ref("text"), "标题"),
        "base": _said(_ref("number"), "满分，100 或 1000"),
        "decimals": _whole("得分的小数位数"),
        "missing": _one_of(MISSING_POLICIES, "缺项的处理：不出结果、重新分配权重、记零分"),
        "same_device": _one_of(SAME_DEVICE_POLICIES, "同一设备的答卷：只计第一份、全部计入"),
        "void": _said(_list({"enum": list(VOIDABLE_RULES)}), "判为无效的筛查规则"),
        "ties": _texts("同分时依次比较的构成路径"),
        "grade_on": _one_of(GRADE_ON, "评等次用公布的得分，还是未修约的得分"),
        "rhythm": _one_of(RHYTHMS, "周期：每月、每季度、每半年、每年"),
        "pilot": _texts("试点的评议对象编号；没有就是全部"),
        "filing_on": {"type": "string", "pattern": r"^(\d\d-\d\d)?$", "description": "报备月日"},
        "vague_words": _texts("指标标准里不许出现的含糊用语"),
        **tables,
    }


def _names(about: str) -> Schema:
    return {"type": "object", "additionalProperties": _ref("text"), "description": about}


def _component() -> Schema:
    weight = {"anyOf": [_ref("number"), _ref("numbers")]}
    rater_classes = {
        "type": "object",
        "additionalProperties": {"anyOf": [_ref("number"), _ref("numbers")]},
    }
    bounds = _table({"low": _ref("number"), "high": _ref("number")}, ("low", "high"))
    points = _table(
        {
            "total": _ref("number"),
            "by_attribute": _ref("numbers"),
            "ranges": {"type": "object", "additionalProperties": bounds},
            "emphasis": {"type": "string"},
        }
    )
    transform = {
        "anyOf": [_ref("transform"), _list(_ref("transform")), {"const": "none"}],
        "description": "换算，依次进行",
    }
    return _table(
        {
            "key": _plain("编号"),
            "name": _said(_ref("text"), "名称"),
            "weight": _said(weight, "权重；按评议对象类别不同时写成表"),
            "source": _one_of(SOURCES, "来源：指标、问卷、平时考核、从前各期结果、所属单位得分"),
            "component": _said(_list(_ref("component")), "下级构成"),
            "transform": transform,
            "questionnaires": _texts("计入的问卷；没有就是全部"),
            "rater_classes": _said(rater_classes, "评议主体权重，按比例"),
            "unknown": _plain('不了解：exclude、zero，或分数如 "60"'),
            "trim": _said(_ref("number"), '两端各去的比例，如 "0.05"'),
            "min_n": _whole("最低样本", 1),
            "evidence": _said(
                _list({"type": "string", "enum": list(EVIDENCE)}), "计分的凭据；没有就是全部"
            ),
            "mix": _said(
                _table(
                    {
                        "by": _one_of(MIX_BY, "按什么分"),
                        "weights": _said(_ref("numbers"), "各部分权重，按比例"),
                        "rater_classes": _texts("分部分的评议主体；没有就是全部"),
                    },
                    ("by", "weights"),
                ),
                "层与渠道权重",
            ),
            "completion_cap": _said(_ref("number"), "完成率上限"),
            "completion_floor": _said(_ref("number"), "完成率下限"),
            "volume_share": _said(_ref("number"), '总量所占比重，如 "0.8"'),
            "points": _said(points, "分值规则"),
            "series": _plain("从前各期结果所用方案的编号"),
            "combine": _one_of(COMBINES, "各期结果取平均、相加或取最近一期"),
            "expected": _whole("应有期数", 1),
        },
        ("key", "name", "weight"),
    )


def _transform() -> Schema:
    def steps(**kinds: Schema) -> Schema:
        return _list(_table(kinds, kinds))

    number = _ref("number")
    kind = {"type": "string"}
    return {
        "oneOf": [
            _table(
                {"kind": {**kind, "const": "rank"}, "full": number, "step": number},
                ("kind", "step"),
            ),
            _table({"kind": {**kind, "const": "ratio_to_best"}, "full": number}, ("kind",)),
            _table(
                {"kind": {**kind, "const": "bands"}, "bands": steps(min=number, points=number)},
                ("kind", "bands"),
            ),
            _table(
                {
                    "kind": {**kind, "const": "coefficient"},
                    "figure": _plain("依据数据"),
                    "table": _ref("numbers"),
                    "bands": steps(min=number, factor=number),
                    "line": steps(at=number, factor=number),
                    "default": _said(number, "没有数据时的系数"),
                },
                ("kind", "figure"),
            ),
        ]
    }


def _condition() -> Schema:
    series, times = _plain("结果系列；没有就是本方案"), _whole("连续期数", 1)
    ranked = {"scope": _one_of(SCOPES, "范围"), "series": series, "consecutive": times}
    scored = {"below": _ref("number"), "reaches": _ref("number")}
    return {
        "oneOf": [
            _table(
                {
                    "grades": _texts("等次"),
                    "series": series,
                    "span": _one_of(SPANS, "本期以前、本期之内、两者"),
                    "at_least": _whole("至少几次"),
                    "at_most": _whole("至多几次"),
                    "consecutive": times,
                    "every": {"type": "boolean", "description": "每次都是"},
                },
                ("grades",),
            ),
            _table({"parent": _texts("所属单位的等次")}, ("parent",)),
            _table({"last": _whole("末位几名", 1), **ranked}, ("last",)),
            _table({"first": _whole("前列几名", 1), **ranked}, ("first",)),
            _table({"score": _plain("total 或构成的路径"), **scored}, ("score",)),
            _table({"veto": _texts("否决事项；空着就是任何一项")}, ("veto",)),
        ]
    }


def _quota() -> Schema:
    return _table(
        {
            "scope": _one_of(SCOPES, "名额范围：同类、同组、同池、全部、同一单位"),
            "count": _whole("人数"),
            "share": _said(_ref("number"), '比例，如 "0.27"'),
            "rounding": _one_of(ROUNDINGS, "舍去小数，或最大余数"),
        }
    )


def _adjustments() -> Schema:
    bounds = _table({"low": _ref("number"), "high": _ref("number")}, ("low", "high"))
    source = _table(
        {
            "key": _plain("编号"),
            "name": _ref("text"),
            "kind": _one_of(ADJUSTMENT_KINDS, "加分、减分，或两者"),
            "needs_evidence": {"type": "boolean", "description": "须附依据"},
            "cap": _said(_ref("number"), "上限"),
            "multiplier": _said(bounds, "倍数"),
        },
        ("key", "name"),
    )
    return _table(
        {
            "bonus_cap": _said(_ref("number"), "加分上限"),
            "deduction_cap": _said(_ref("number"), "减分上限"),
            "source": _list(source),
        }
    )


def _grade() -> Schema:
    quota = {"anyOf": [_ref("quota"), _list(_ref("quota"))]}
    return _table(
        {
            "key": _plain("编号"),
            "name": _ref("text"),
            "min": _said(_ref("number"), "分数线"),
            "quota": _said(quota, "名额"),
            "eligibility": _said(_list(_ref("condition")), "资格：都要成立"),
            "priority": _said(_list(_ref("condition")), "名额不够时谁优先"),
        },
        ("key", "name"),
    )


def _restriction() -> Schema:
    return _table(
        {
            "key": _plain("编号"),
            "name": _ref("text"),
            "when": _said(_list(_ref("condition")), "条件：都要成立"),
            "grades": _texts("只能评为"),
        },
        ("key", "name", "when", "grades"),
    )


def _consequence() -> Schema:
    return _table(
        {
            "key": _plain("编号"),
            "name": _ref("text"),
            "kind": _one_of(CONSEQUENCE_KINDS, "类型"),
            "column": _said(_ref("text"), "结果运用表里的列"),
            "value": _said(_ref("text"), "列中的文字"),
            "when": _said(_list(_ref("condition")), "条件：都要成立"),
        },
        ("key", "name", "when"),
    )


if __name__ == "__main__":
    sys.stdout.write(schema_text())
