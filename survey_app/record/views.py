"""The page that shows the record of operators' acts."""

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from forms.problems import N_
from survey_app.core import clock
from survey_app.core.access import only
from survey_app.core.services import services
from survey_app.record.reading import ACTION_NAMES, Wanted, logs, search

blueprint = Blueprint("record", __name__, url_prefix="/admin/record")
DIGEST_SHOWN = len("sha256:") + 16
DETAIL_NAMES = {
    "added": N_("新增"),
    "changed": N_("修改"),
    "removed": N_("删除"),
    "ratees": N_("评议对象"),
    "rater_classes": N_("评议主体"),
    "roster": N_("名册"),
    "login": N_("登录名"),
    "role": N_("角色"),
    "is_active": N_("可以登录"),
    "failures": N_("失败次数"),
    "file": N_("文件"),
    "mode": N_("方式"),
    "counts": N_("数量"),
    "key": N_("编号"),
    "config": N_("冻结内容"),
    "n": N_("数量"),
    "batch": N_("批次"),
    "rater_class": N_("评议主体"),
    "holders": N_("保管人"),
    "holder": N_("保管人"),
    "public_key": N_("公钥"),
    "card": N_("评议卡"),
    "round_key": N_("轮次密钥"),
    "ballots": N_("答卷"),
    "ballot": N_("答卷"),
    "receipt": N_("回执"),
    "admission": N_("用过的卡"),
    "draft": N_("草稿"),
    "comment": N_("意见"),
    "refusal": N_("没有收下的提交"),
    "kind": N_("内容"),
    "rows": N_("行数"),
    "digest": N_("校验码"),
    "run": N_("核算"),
    "number": N_("次数"),
    "version": N_("版本"),
    "status": N_("状态"),
    "note": N_("说明"),
    "ratee": N_("对象"),
    "reason": N_("理由"),
    "item": N_("事项编号"),
    "act": N_("事项"),
    "decision": N_("决定"),
    "rule": N_("规则"),
    "subject": N_("所指"),
    "sealed_round": N_("封存的问卷"),
    "run_id": N_("核算"),
    "asked_by": N_("提出人"),
    "approved_by": N_("批准人"),
    "recent": N_("七天内动过的账号"),
    "made_days": N_("建立天数"),
    "changed_days": N_("改过角色或状态的天数"),
    "reset_days": N_("被重设密码的天数"),
    "close_at": N_("新的截止时间"),
    "before": N_("原来的截止时间"),
    "purpose": N_("用途"),
    "method": N_("方法"),
    "people": N_("名单人数"),
    "drawn": N_("抽中人数"),
    "seed": N_("种子"),
    "announced": N_("种子的来历"),
    "list": N_("名单校验码"),
    "name": N_("名称"),
    "style": N_("公布多少"),
    "scores": N_("显示得分的最低份数"),
    "comments": N_("显示意见的最低份数"),
}


@blueprint.app_template_filter("record_details")
def details(value: dict[str, Any]) -> str:
    """An entry's details as one line of text."""
    parts = []
    for name, held in value.items():
        if held in (None, "", [], {}):
            continue
        parts.append(f"{_(DETAIL_NAMES.get(name, name))}：{_shown(held)}")
    return "；".join(parts)


def _shown(held: object) -> str:
    """A detail in a few words; of a digest the beginning, which is enough to compare by eye."""
    if isinstance(held, dict):
        return "、".join(f"{_(DETAIL_NAMES.get(k, k))} {_shown(one)}" for k, one in held.items())
    if isinstance(held, bool):
        return str(_("是") if held else _("否"))
    text = str(held)
    if text in ACTION_NAMES:
        return str(_(ACTION_NAMES[text]))
    return text[:DIGEST_SHOWN] + "…" if text.startswith("sha256:") else text


@blueprint.get("/")
@only("admin", "clerk", "viewer", "auditor")
def index() -> str:
    """Entries newest first, with filters and the result of checking the chain."""
    wanted = Wanted(
        round_id=request.args.get("round", type=int),
        action=request.args.get("action", ""),
        page=max(1, request.args.get("page", 1, type=int)),
    )
    found = search(services().database, wanted)
    return render_template(
        "record/index.html",
        found=found,
        logs=logs(services().database, found.rounds) if wanted == Wanted() else (),
        wanted=wanted,
        action_names={key: _(name) for key, name in ACTION_NAMES.items()},
        local=clock.local,
    )
