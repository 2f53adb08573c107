"""What `survey demo` prints of a small city."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from survey_app.register.names import rater_class_names

if TYPE_CHECKING:
    from survey_app.cli.demo import Address
    from survey_app.demo.small_building import SmallDemo


def summary_small(built: "SmallDemo", address: "Address") -> dict[str, Any]:
    """What --json prints."""
    from survey_app.demo.service import unused_codes

    opened = built.open_round
    return {
        "simulated": True,
        "scheme": built.city.scheme,
        "address": f"{address.local}/",
        "network_address": f"{address.network}/",
        "logins": [
            {"role": one.role, "login": one.login, "password": one.password} for one in built.logins
        ],
        "open_link": _open_link(built, address.local),
        "codes": unused_codes(opened.ways) if opened else {},
        "to": str(built.folder),
        "rounds": dict(built.round_ids),
        "content_digests": {key: one.content_digest for key, one in built.assessments.items()},
    }


def report_small(built: "SmallDemo", address: "Address", *, is_serving: bool) -> Iterator[str]:
    """What a person reads at the end."""
    from survey_app.demo.small_telling import tell

    city = built.city
    yield ""
    yield f"{city.name}已建成（模拟数据，种子 {city.seed}，方案 {city.scheme}）。"
    yield f"文件在 {built.folder}"
    yield from tell(built)
    yield ""
    yield "登录（密码为本次演示随机生成）："
    yield from (f"  {one.login:<10}{one.password}" for one in built.logins)
    codes = summary_small(built, address)["codes"]
    if codes:
        names = rater_class_names()
        yield "可以试用的评议卡验证码："
        yield from (f"  {names.get(key, key)}：{'  '.join(some)}" for key, some in codes.items())
    yield ""
    yield "接下来可以看："
    link = _open_link(built, address.network)
    steps = [f"登录 {address.local}/admin/"] if is_serving else []
    steps += [f"手机打开 {link} 评一次"] if is_serving and link else []
    steps += [*city.looks, f"survey verify {built.folder}"]
    steps += [] if is_serving else ["survey serve 启动网页，再登录 /admin/"]
    yield from (f"  {number}. {step}" for number, step in enumerate(steps, start=1))
    if is_serving:
        yield "按 Ctrl+C 停止。"


def _open_link(built: "SmallDemo", base: str) -> str | None:
    posters = built.open_round.ways.posters if built.open_round else {}
    token = next(iter(posters.values()), None)
    return token and f"{base}/r/{token}"
