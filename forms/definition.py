"""Reading a definition (TOML or its JSON form) and saying everything that is wrong with it.

A section is read key by key, each with its Chinese name. A value that cannot be used leaves a
problem behind and is read as something harmless, so that reading goes on to the next problem.
"""

import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Self, TypeVar

from forms.problems import N_, InputError, Problem

LANGUAGES = ("zh_CN", "zh_TW", "en")
MAX_DEFINITION_BYTES = 1_000_000
MAX_DIGITS = 15

Choice = TypeVar("Choice", bound=str)

_KEY = re.compile(r"[\w][\w.-]{0,63}")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


class Text(str):
    """A text for people: reads as one language and knows its translations."""

    __slots__ = ("translations",)

    translations: Mapping[str, str]

    def __new__(cls, chinese: str, translations: Mapping[str, str] | None = None) -> Self:
        text = super().__new__(cls, chinese)
        text.translations = {"zh_CN": str(chinese), **(translations or {})}
        return text

    def localized(self, language: str) -> "Text":
        """The same text in another language, in Chinese where it is not translated."""
        chosen = self.translations.get(language, self.translations["zh_CN"])
        return Text(chosen, self.translations)

    def as_json(self) -> str | dict[str, str]:
        """The text as a definition writes it, whatever language it is read in now."""
        if len(self.translations) == 1:
            return self.translations["zh_CN"]
        return dict(self.translations)


def exact(value: object) -> Decimal | None:
    """A number in usual notation ("92.90") as an exact decimal; None where it is not one.

    At most 15 digits on each side of the point, no exponent, no NaN, no binary float.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        return None
    if not number.is_finite() or number.adjusted() >= MAX_DIGITS:
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        return None
    exponent = number.as_tuple().exponent
    return number if isinstance(exponent, int) and exponent >= -MAX_DIGITS else None


def whole(text: str | None) -> int | None:
    """A whole number of at most nine digits 0-9, as ids and counts are; None for anything else."""
    text = (text or "").strip()
    is_one = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if is_one else None


def is_key(text: str) -> bool:
    """Whether the text can be a key: letters (Chinese too), digits, "_", "-", ".", up to 64."""
    return _KEY.fullmatch(text) is not None


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known word most like this one (0-1), if any is like it enough."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=likeness)
    return found[0] if found else None


@dataclass(slots=True)
class Section:
    """One table of a definition while it is being read. `where` is "" for the whole file."""

    values: Mapping[str, object]
    where: str
    problems: list[Problem]
    asked: set[str] = field(default_factory=set)

    def path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def report(self, key: str, message: str, remedy: str, /, **values: str | int) -> None:
        self.problems.append(
            Problem(self.path(key) if key else self.where, message, remedy, values)
        )

    def has(self, key: str) -> bool:
        self.asked.add(key)
        return self.values.get(key) is not None

    def _take(self, key: str, name: str, *, required: bool) -> object:
        if self.has(key):
            return self.values[key]
        if required:
            self.report(key, N_("缺少「{name}」"), N_("请补上 {key}"), name=name, key=key)
        return None

    def text(self, key: str, name: str, default: str | None = None) -> str:
        """A text; required where no default is given. Whole numbers are read as text."""
        value = self._take(key, name, required=default is None)
        if value is None:
            return default or ""
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and (value.strip() or default == ""):
            return value.strip()
        self.report(key, N_("「{name}」应为文字"), N_("请填写加引号的文字"), name=name)
        return default or ""

    def key(self, key: str, name: str) -> str:
        """A required key."""
        value = self.text(key, name)
        if value and not is_key(value):
            self.report(
                key,
                N_("「{name}」{value} 含有不能使用的字符"),
                N_("编号只用字母、数字、汉字和 _ - .，不超过 64 个字"),
                name=name,
                value=value,
            )
        return value

    def words(self, key: str, name: str, default: str | None = None) -> Text:
        """A text for people: plain, or a table with zh_CN and translations."""
        if not isinstance(self.values.get(key), Mapping):
            return Text(self.text(key, name, default))
        section = self.table(key, name)
        languages = {
            language: section.text(language, name, "")
            for language in LANGUAGES
            if section.has(language)
        }
        chinese = section.text("zh_CN", name)
        section.finish()
        return Text(chinese, {language: text for language, text in languages.items() if text})

    def choice(
        self, key: str, name: str, allowed: tuple[Choice, ...], default: Choice | None = None
    ) -> Choice:
        """One of the allowed words; required where no default is given."""
        value = self._take(key, name, required=default is None)
        for word in allowed:
            if value == word:
                return word
        if value is not None:
            self.report(
                key,
                N_("「{name}」不能是 {value}"),
                N_("可选：{allowed}"),
                name=name,
                value=str(value),
                allowed=" | ".join(allowed),
            )
        return default or allowed[0]

    def flag(self, key: str, name: str, *, default: bool) -> bool:
        value = self._take(key, name, required=False)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        self.report(key, N_("「{name}」应为是或否"), N_("请填写 true 或 false"), name=name)
        return default

    def decimal(
        self, key: str, name: str, *, default: Decimal | None = None, low: int = 0
    ) -> Decimal:
        """An exact number not below `low`; required where no default is given."""
        value = self._take(key, name, required=default is None)
        fallback = default if default is not None else Decimal(low)
        if value is None:
            return fallback
        number = exact(value)
        if number is None:
            self.report(
                key,
                N_("「{name}」{value} 不是数"),
                N_('请填写普通写法的数，如 "92.90"'),
                name=name,
                value=str(value),
            )
            return fallback
        if number < low:
            self.report(
                key,
                N_("「{name}」不能小于 {low}"),
                N_("请改为不小于 {low} 的数"),
                name=name,
                low=low,
            )
            return fallback
        return number

    def optional_decimal(self, key: str, name: str) -> Decimal | None:
        return self.decimal(key, name) if self.has(key) else None

    def integer(self, key: str, name: str, *, default: int, low: int = 0, high: int) -> int:
        """A whole number between `low` and `high`."""
        number = self.decimal(key, name, default=Decimal(default), low=low)
        if number == number.to_integral_value() and number <= high:
            return int(number)
        self.report(
            key,
            N_("「{name}」应为 {low} 到 {high} 的整数"),
            N_("请改为 {low} 到 {high} 的整数"),
            name=name,
            low=low,
            high=high,
        )
        return default

    def table(self, key: str, name: str) -> "Section":
        """A table below this one; an empty one where it is missing."""
        value = self._take(key, name, required=False)
        if value is None or isinstance(value, Mapping):
            return Section(value or {}, self.path(key), self.problems)
        self.report(key, N_("「{name}」应为表"), N_("请写成 [{key}] 或 {{…}}"), name=name, key=key)
        return Section({}, self.path(key), self.problems)

    def tables(self, key: str, name: str) -> list["Section"]:
        """The tables of a list, in order; places are counted from 1."""
        value = self._take(key, name, required=False)
        if value is None:
            return []
        if not isinstance(value, list | tuple) or not all(isinstance(v, Mapping) for v in value):
            self.report(
                key, N_("「{name}」应为若干个表"), N_("请写成 [[{key}]]"), name=name, key=key
            )
            return []
        return [
            Section(item, f"{self.path(key)}[{place}]", self.problems)
            for place, item in enumerate(value, start=1)
        ]

    def texts(self, key: str, name: str) -> tuple[str, ...]:
        """A list of texts; empty where it is missing."""
        value = self._take(key, name, required=False)
        if value is None:
            return ()
        if isinstance(value, list | tuple) and all(isinstance(v, str | int) for v in value):
            return tuple(str(v) for v in value)
        self.report(key, N_("「{name}」应为若干文字"), N_('请写成 ["…", "…"]'), name=name)
        return ()

    def finish(self) -> None:
        """Report every key nobody asked for, with the nearest one that exists."""
        for key in self.values:
            if key in self.asked:
                continue
            guess = nearest(key, self.asked)
            if guess:
                self.report(
                    key, N_("不认识的项 {key}"), N_("是否想写 {guess}"), key=key, guess=guess
                )
            else:
                self.report(key, N_("不认识的项 {key}"), N_("请删去或改名"), key=key)


def read_toml(source: Path | bytes) -> tuple[dict[str, object], str]:
    """The content of a definition file and its name; numbers with a point become decimals."""
    name = source.name if isinstance(source, Path) else "toml"
    data = source.read_bytes() if isinstance(source, Path) else source
    if len(data) > MAX_DEFINITION_BYTES:
        raise InputError([Problem(name, N_("文件太大"), N_("定义文件不超过 1 MB"))])
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        return tomllib.loads(text, parse_float=Decimal), name
    except UnicodeDecodeError:
        raise InputError([Problem(name, N_("编码不是 UTF-8"), N_("请另存为 UTF-8"))]) from None
    except (tomllib.TOMLDecodeError, RecursionError, ValueError, InvalidOperation) as error:
        raise InputError(
            [Problem(name, N_("不是合法的 TOML：{why}"), N_("请改正该处"), {"why": str(error)})]
        ) from None


def in_file(problems: Iterable[Problem], file: str) -> list[Problem]:
    """The same problems with the file's name before their place."""
    if not file:
        return list(problems)
    return [
        replace(problem, where=f"{file}:{problem.where}" if problem.where else file)
        for problem in problems
    ]


def repeated(keys: Iterable[str]) -> list[str]:
    """The keys that occur more than once, case aside (columns of a table know no case)."""
    counts = Counter(key.casefold() for key in keys)
    return [key for key, count in counts.items() if count > 1]
