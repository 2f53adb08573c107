"""The words of the planning room, by key."""

from collections.abc import Mapping

from forms.problems import N_

METHOD_NAMES: Mapping[str, str] = {
    "simple": N_("简单随机"),
    "stratified": N_("分层"),
    "systematic": N_("等距"),
    "pps": N_("按规模"),
}
METHOD_WORDS: Mapping[str, str] = {
    "simple": N_("简单随机：每个人的机会相同"),
    "stratified": N_("分层：每一层各抽一些"),
    "systematic": N_("等距：按编号排好，每隔几个抽一个"),
    "pps": N_("按规模：规模大的机会大"),
}
ALLOCATION_NAMES: Mapping[str, str] = {
    "proportional": N_("按各层人数的比例"),
    "equal": N_("各层一样多"),
}
