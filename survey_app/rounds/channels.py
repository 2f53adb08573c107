"""The ways a form reaches people (渠道), as results name them."""

from forms.problems import N_

CHANNELS: dict[str, str] = {
    "online": N_("网上评议"),
    "distributed": N_("分头填写"),
    "assembly": N_("集中测评"),
    "field": N_("实地调查"),
    "kiosk": N_("大厅平板"),
    "paper": N_("现场纸质票"),
    "phone": N_("电话访问"),
}
OFFERED = ("online", "distributed", "assembly", "field")
"""What a poster or a batch of cards may be given; the others have a room of their own (intake)."""
KIOSK = "kiosk"
COUNTED = ("paper", "phone")
"""Forms that are counted before they count; nobody opens their links."""
