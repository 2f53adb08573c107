"""The ways a form reaches people (渠道), as results name them."""

from forms.problems import N_

CHANNELS: dict[str, str] = {
    "online": N_("网上评议"),
    "distributed": N_("分头填写"),
    "assembly": N_("集中测评"),
    "field": N_("实地调查"),
}
