"""What can go wrong for a person, as types; templates/error.html says it in plain words.

Services raise these, views never catch them: core.errors.register maps them to pages.
"""

from collections.abc import Callable

from forms.problems import N_, Problem


class DomainError(Exception):
    """Something a person did cannot be done now. `message` and `remedy` are msgids."""

    status = 400
    message = N_("这一步现在不能做。")
    remedy = N_("请返回上一页，按提示修改后再试。")

    def __init__(self, message: str = "", remedy: str = "", **values: str | int) -> None:
        self.message = message or self.message
        self.remedy = remedy or self.remedy
        self.values = values
        super().__init__(self.text(str))

    def text(self, translate: Callable[[str], str]) -> str:
        """Message and remedy, filled in."""
        return translate(self.message).format(**self.values) + translate(self.remedy).format(
            **self.values
        )


class NotFoundError(DomainError):
    status = 404
    message = N_("没有找到这个页面。")
    remedy = N_("请检查网址，或重新扫描二维码。")


class ForbiddenError(DomainError):
    status = 403
    message = N_("您的账号没有这项权限。")
    remedy = N_("需要时请联系管理员。")


class ProblemsError(DomainError):
    """A step is refused for reasons that can all be cleared; `problems` lists every one."""

    status = 409
    message = N_("还有问题需要先处理。")
    remedy = N_("请按下面的提示逐项处理后再试。")

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(problem.text() for problem in self.problems)


class NotRecordedError(DomainError):
    """The store could not take the answer; nothing was kept, trying again is right."""

    status = 503
    message = N_("系统正忙，刚才的答卷没有记录下来。")
    remedy = N_("您填的内容都还在，请过几秒再按一次提交。")
