"""Looking through the record: by round, by action, page by page, and whether it is whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from forms.problems import N_
from survey_app.core.database import Database
from survey_app.core.errors import DomainError
from survey_app.record import round_log
from survey_app.record.service import broken_entries
from survey_app.record.tables import RecordEntry

PER_PAGE = 50
ACTION_NAMES: dict[str, str] = {
    "operator.create": N_("新建操作员"),
    "operator.change": N_("修改操作员"),
    "operator.sign_in": N_("登录"),
    "operator.sign_out": N_("退出"),
    "operator.sign_out_everywhere": N_("在所有设备上退出"),
    "operator.delayed": N_("登录多次失败，暂停登录"),
    "operator.second_factor": N_("开通动态码"),
    "operator.recovery_codes": N_("换恢复码"),
    "operator.reset_second_factor": N_("重设动态码"),
    "operator.end_session": N_("退出一处登录"),
    "operator.separated": N_("三员分设：操作员改由安全管理员管理"),
    "operator.joined": N_("不再有安全管理员：操作员改由管理员管理"),
    "operator.change_password": N_("修改密码"),
    "operator.reset_password": N_("重设密码"),
    "act.ask": N_("提出双人办理的事项"),
    "act.approve": N_("批准双人办理的事项"),
    "act.decline": N_("没有批准双人办理的事项"),
    "act.permit_used": N_("使用批准"),
    "register.import": N_("导入名册"),
    "scheme.save": N_("保存方案"),
    "scheme.status": N_("改变方案的使用范围"),
    "scheme.roll_out": N_("推广方案"),
    "round.create": N_("新建轮次"),
    "round.update": N_("修改轮次"),
    "round.start_test": N_("开始测试"),
    "round.wipe_test": N_("结束测试"),
    "test.wiped": N_("清除测试数据"),
    "round.freeze": N_("冻结"),
    "round.unfreeze": N_("解除冻结"),
    "round.open": N_("开放"),
    "round.close": N_("关闭"),
    "round.close_early": N_("提前关闭"),
    "round.extend": N_("延长截止时间"),
    "round.reopen": N_("重新开放"),
    "round.counted": N_("清点答卷"),
    "ceremony.begin": N_("开始密钥仪式"),
    "ceremony.show": N_("显示一份密钥"),
    "ceremony.confirm": N_("核对一份密钥"),
    "ceremony.rehearse": N_("演练开封"),
    "ceremony.restart": N_("重新开始密钥仪式"),
    "round.unseal": N_("开封"),
    "round.unsealed": N_("清点开封的答卷"),
    "round.destroyed": N_("销毁原始资料"),
    "round.seal": N_("封存"),
    "round.sealed": N_("封存文件校验码"),
    "release.entered": N_("登记发布"),
    "bundle.auditor": N_("导出审计包"),
    "results.published": N_("公布结果"),
    "results.withdrawn": N_("撤下公布页"),
    "minimum.tightened": N_("改严最低份数"),
    "round.assess": N_("核算"),
    "link.add": N_("生成海报"),
    "card.issue": N_("发评议卡"),
    "card.reissue": N_("换发评议卡"),
    "input.import": N_("导入指标等数据"),
    "indicator.report": N_("填报指标"),
    "indicator.certify": N_("认定指标"),
    "indicator.reopen": N_("重新开放指标"),
    "indicator.confirm": N_("确认指标提醒"),
    "adjustment.enter": N_("登记加减分"),
    "adjustment.approve": N_("核定加减分"),
    "adjustment.withdraw": N_("撤销加减分"),
    "veto.enter": N_("登记一票否决"),
    "veto.withdraw": N_("撤销一票否决"),
    "evidence.add": N_("附上文件"),
    "screening.decide": N_("决定答卷去留"),
    "grades.decide": N_("评定等次"),
    "grades.approve": N_("审定等次"),
    "grades.reopen": N_("退回等次"),
    "study.make": N_("做推演"),
    "appraisal.create": N_("建立一期平时考核"),
    "appraisal.open": N_("重新打开一期平时考核"),
    "appraisal.closed": N_("结束一期平时考核"),
    "appraisal.roster": N_("改变平时考核名册"),
    "appraisal.filing": N_("报备平时考核"),
    "appraisal.template": N_("保存指标模板"),
    "appraisal.draw_up": N_("按模板确定指标"),
    "appraisal.indicators": N_("确定指标"),
    "appraisal.summary": N_("个人小结"),
    "appraisal.review": N_("审核评鉴"),
    "appraisal.decision": N_("确定等次"),
    "appraisal.confirm": N_("确认反馈"),
    "appraisal.objection": N_("提出异议"),
    "appraisal.answer": N_("答复异议"),
    "appraisal.publish": N_("公布结果"),
    "appraisal.submit": N_("报送备案"),
    "appraisal.accept": N_("同意备案"),
    "appraisal.return": N_("退回备案"),
    "appraisal.send_back": N_("退回重办"),
    "appraisal.correct": N_("更正考核表"),
    "appraisal.file_many": N_("批量登记考核表"),
    "supervision.file": N_("登记督查记录"),
    "supervision.correct": N_("更正督查记录"),
    "supervision.urge": N_("催办"),
    "supervision.reply": N_("记录单位回复"),
    "supervision.accept": N_("审核通过回复"),
    "supervision.return": N_("退回回复"),
    "supervision.reopened": N_("登记得分已重新核定"),
    "planning.draw": N_("抽样"),
    "promise.import": N_("导入服务承诺"),
    "work.import": N_("导入日考勤和周记录"),
    "followup.propose": N_("从核算结果提出建议"),
    "followup.add": N_("手工登记结果运用"),
    "followup.confirm": N_("确认结果运用"),
    "followup.decline": N_("不采纳建议"),
    "followup.reconsider": N_("重新考虑建议"),
    "followup.start": N_("开始办理结果运用"),
    "followup.note": N_("记录办理情况"),
    "followup.report": N_("单位回复结果运用"),
    "followup.finish": N_("办结结果运用"),
    "complaint.enter": N_("登记投诉"),
    "complaint.investigate": N_("开始调查投诉"),
    "complaint.note": N_("记录投诉调查"),
    "complaint.inform": N_("反馈投诉人"),
    "complaint.file": N_("报监察人事备案"),
    "complaint.close": N_("办结投诉"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries to show; `page` counts from 1."""

    round_id: int | None = None
    action: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Found:
    """One page of the record, newest first."""

    entries: Sequence[RecordEntry]
    n: int
    pages: int
    actions: Sequence[str]
    rounds: Mapping[int, str]
    """Id → key of every round the record tells of."""
    broken: tuple[int, ...]
    """Ids of entries that do not fit the chain: the record was changed from outside."""


def search(database: Database, wanted: Wanted) -> Found:
    """The entries wanted. Every look checks the whole chain."""
    with database.read() as session:
        conditions = _conditions(wanted)
        n = session.scalar(select(func.count(RecordEntry.id)).where(*conditions)) or 0
        entries = session.scalars(
            select(RecordEntry)
            .where(*conditions)
            .order_by(RecordEntry.id.desc())
            .limit(PER_PAGE)
            .offset((wanted.page - 1) * PER_PAGE)
        ).all()
        created = session.scalars(select(RecordEntry).where(RecordEntry.action == "round.create"))
        return Found(
            entries=entries,
            n=n,
            pages=max(1, -(-n // PER_PAGE)),
            actions=session.scalars(
                select(RecordEntry.action).distinct().order_by(RecordEntry.action)
            ).all(),
            rounds={one.round_id: str(one.details.get("key")) for one in created if one.round_id},
            broken=tuple(broken_entries(session)),
        )


@dataclass(frozen=True, slots=True)
class LogLine:
    """A round's public log: its leaves, the newest signed head, and what is wrong with it."""

    round_key: str
    leaves: int
    signed: int
    root: str
    problem: DomainError | None


def logs(database: Database, rounds: Mapping[int, str]) -> tuple[LogLine, ...]:
    """The logs of these rounds, where they have begun; the newest round first."""
    found = []
    for round_id, key in sorted(rounds.items(), reverse=True):
        with database.read() as session:
            if not round_log.has_begun(session, round_id):
                continue
            leaves, head = round_log.size(session, round_id), round_log.newest(session, round_id)
        found.append(
            LogLine(
                key,
                leaves,
                head.size if head else 0,
                head.root.hex() if head else "",
                round_log.problem(database, round_id),
            )
        )
    return tuple(found)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.round_id is not None:
        conditions.append(RecordEntry.round_id == wanted.round_id)
    if wanted.action:
        conditions.append(RecordEntry.action == wanted.action)
    return conditions
