"""What an entry of the ledger of adjustments must satisfy, whether typed in or imported."""

from decimal import Decimal

from analysis.inputs import AdjustmentRow
from analysis.scheme import Scheme
from analysis.scheme.adjustments import AdjustmentSource
from forms.problems import N_, Problem, plain

KIND_NAMES = {"bonus": N_("加分"), "deduction": N_("减分")}


def source_problem(scheme: Scheme, where: str, row: AdjustmentRow) -> Problem | None:
    """What the scheme's list of sources says against an entry, None where nothing does."""
    rules = scheme.adjustments
    if not rules.sources:
        return None
    source = rules.source(row.source)
    if source is None:
        allowed = "、".join(str(one.name) for one in rules.sources)
        values = {"source": row.source or "—", "allowed": allowed}
        return Problem(where, N_("方案里没有加减分来源“{source}”"), N_("可选：{allowed}"), values)
    if source.kind not in (row.kind, "both"):
        return Problem(
            where,
            N_("来源“{source}”不能用于{kind}"),
            N_("请改正来源或加减"),
            {"source": source.name, "kind": KIND_NAMES[row.kind]},
        )
    if source.needs_evidence and not row.evidence:
        return Problem(
            where,
            N_("来源“{source}”没有依据"),
            N_("请写明文件号或链接，或附上文件"),
            {"source": source.name},
        )
    return _multiplier_problem(where, source, row.multiplier)


def _multiplier_problem(
    where: str, source: AdjustmentSource, multiplier: Decimal
) -> Problem | None:
    low, high = source.multiplier or (Decimal(1), Decimal(1))
    if low <= multiplier <= high:
        return None
    return Problem(
        where,
        N_("倍数 {multiplier} 不在 {low} 到 {high} 之间"),
        N_("请改正倍数或来源"),
        {"multiplier": plain(multiplier), "low": plain(low), "high": plain(high)},
    )
