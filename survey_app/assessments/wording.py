"""What rules and statuses are called, on pages and in tables."""

from forms.problems import N_

FLAG_NAMES = {
    "straight_line": N_("雷同作答"),
    "too_many_blank": N_("缺项过多"),
    "fast_straight_line": N_("过快且雷同"),
    "repeated_pattern": N_("重复模式"),
    "link_burst": N_("入口集中涌入"),
    "one_sided_link": N_("入口一边倒"),
}
FLAG_WORDS = {
    "straight_line": N_("不少于 8 道计分题全部选同一项"),
    "too_many_blank": N_("一半以上计分题空白"),
    "fast_straight_line": N_("作答过快，且不少于 5 道计分题全部选同一项"),
    "repeated_pattern": N_("整份答案在一个对象上重复出现，远多于在其他对象上的比例（按模式计数）"),
    "link_burst": N_("一个入口在短时间内涌入的答卷远多于平时"),
    "one_sided_link": N_("集中涌入的入口给一个对象满分的比例远高于其他入口"),
}
STATUS_NAMES = {
    "valid": N_("有效"),
    "doubtful": N_("有效，有疑点"),
    "duplicate": N_("同一设备重复"),
    "screened": N_("按方案规则剔除"),
    "void": N_("经办理手续判为无效"),
}
