"""What is wrong with a call, in the words of the person who typed it."""

import click


def said(error: click.UsageError) -> click.UsageError:
    """The same error with click's own English sentence put into words of ours."""
    text = _text(error)
    return click.UsageError(text, error.ctx) if text else error


def _text(error: click.UsageError) -> str | None:
    if isinstance(error, click.NoSuchOption):
        near = "、".join(error.possibilities or ())
        return f"没有 {error.option_name} 这个选项" + (f"，是不是 {near}？" if near else "")
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return f"缺少 {_name(error.param)}。{_help(error.param)}".rstrip("。")
    if isinstance(error, click.BadOptionUsage):
        return f"{error.option_name} 后面缺少值，或者不应有值"
    if type(error) is click.BadParameter and error.param is not None:
        wanted = _wanted(error.param.type)
        return f"{_name(error.param)} 的值不对：{wanted or error.message}"
    return None


def _name(param: click.Parameter) -> str:
    if isinstance(param, click.Argument):
        return param.make_metavar(click.Context(click.Command("survey")))
    return "/".join(param.opts)


def _help(param: click.Parameter) -> str:
    return getattr(param, "help", None) or ""


def _wanted(kind: click.ParamType[object]) -> str | None:
    """What values an option takes; None where the type words its own refusal."""
    if isinstance(kind, click.Choice):
        return f"只能是 {'、'.join(map(str, kind.choices))}"
    if isinstance(kind, click.IntRange | click.FloatRange):
        number = "整数" if isinstance(kind, click.IntRange) else "数"
        low = None if kind.min is None else f"{'大于' if kind.min_open else '不小于'} {kind.min:g}"
        high = None if kind.max is None else f"{'小于' if kind.max_open else '不大于'} {kind.max:g}"
        return "应是" + "、".join(one for one in (low, high) if one) + f" 的{number}"
    return {"integer": "应是整数", "float": "应是数"}.get(kind.name)
