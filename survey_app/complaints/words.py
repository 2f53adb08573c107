"""What complaints are about, how they come in, and where they stand (000-21)."""

from forms.problems import N_

TOPIC_NAMES: dict[str, str] = {
    "efficiency": N_("工作效能"),
    "lawfulness": N_("依法行政"),
    "service": N_("服务质量"),
    "conduct": N_("工作作风"),
    "integrity": N_("廉洁守纪"),
}
TOPIC_ABOUT: dict[str, str] = {
    "efficiency": N_("办事拖拉、推诿、超过时限"),
    "lawfulness": N_("不按规定办事、处理不公"),
    "service": N_("态度不好、说不清楚、让人多跑"),
    "conduct": N_("脱岗、摆架子、弄虚作假"),
    "integrity": N_("吃拿卡要、收受好处"),
}
CHANNEL_NAMES: dict[str, str] = {
    "web": N_("网页"),
    "qr": N_("二维码"),
    "phone": N_("电话"),
    "box": N_("意见箱"),
}
DESK_CHANNELS = ("phone", "box")
STATE_NAMES: dict[str, str] = {
    "received": N_("已受理"),
    "investigating": N_("调查中"),
    "closed": N_("已办结"),
}
HANDLING_NAMES: dict[str, str] = {"direct": N_("直接调查"), "transferred": N_("转有关单位调查")}
ACT_NAMES: dict[str, str] = {
    "enter": N_("受理"),
    "investigate": N_("开始调查"),
    "note": N_("调查记录"),
    "inform": N_("反馈投诉人"),
    "file": N_("报监察人事备案"),
    "close": N_("办结"),
}


def case_number(year: int, number: int) -> str:
    """A case's number as offices write it."""
    return f"投诉〔{year}〕{number}号"
