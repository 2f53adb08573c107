"""Passwords: argon2id, never more than two at work at once, and none too weak to keep."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from forms.problems import N_, Problem
from survey_app.core.config import Settings

MIN_LENGTH = 10
MAX_LENGTH = 128
MIN_DIFFERENT = 5
COMMON = ("1234567890", "password", "qwertyuiop", "abcdefghij", "admin", "66666", "88888", "a12345")
# Each costs 64 MB and a tenth of a second, so a flood of log-ins must queue.
_AT_WORK = BoundedSemaphore(2)
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_FULL = PasswordHasher()


def hash_password(settings: Settings, password: str) -> str:
    """The argon2id hash to store."""
    with _AT_WORK:
        return _hasher(settings).hash(password)


def is_right(settings: Settings, stored: str | None, password: str) -> bool:
    """Whether a password fits; a log-in nobody has (None) costs as much as a wrong password."""
    if len(password) > MAX_LENGTH:
        return False
    with _AT_WORK:
        try:
            return _hasher(settings).verify(stored or _nobody(settings), password) and bool(stored)
        except (VerificationError, InvalidHashError):
            return False


def password_problems(password: str, login: str) -> list[Problem]:
    """Everything that makes a new password unfit."""
    where = N_("密码")
    problems = []
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        problems.append(
            Problem(
                where,
                N_("长度应为 {low} 到 {high} 个字符"),
                N_("可以用一句容易记住的话"),
                {"low": MIN_LENGTH, "high": MAX_LENGTH},
            )
        )
    plain = password.lower()
    if login and login.lower() in plain:
        problems.append(
            Problem(
                where,
                N_("里面有登录名“{login}”，太容易被猜到"),
                N_("请去掉，密码的任何地方都不能出现登录名，大写小写都算"),
                {"login": login},
            )
        )
    common = next((word for word in COMMON if plain.startswith(word)), "")
    if common:
        problems.append(
            Problem(
                where,
                N_("开头是常见的“{word}”，太容易被猜到"),
                N_("请不要用连续的数字、键盘上相邻的字母或常见的词开头"),
                {"word": common},
            )
        )
    if len(set(plain)) < MIN_DIFFERENT:
        problems.append(
            Problem(
                where,
                N_("只用了 {n} 种不同的字符，太容易被猜到"),
                N_("请至少用 {least} 种，大写小写算一种"),
                {"n": len(set(plain)), "least": MIN_DIFFERENT},
            )
        )
    return problems


def _hasher(settings: Settings) -> PasswordHasher:
    return _CHEAP if settings.is_cheap_hashing else _FULL


_nobodies: dict[bool, str] = {}


def _nobody(settings: Settings) -> str:
    """The hash that is tried for a log-in nobody has."""
    is_cheap = settings.is_cheap_hashing
    if is_cheap not in _nobodies:
        _nobodies[is_cheap] = _hasher(settings).hash("nobody has this password")
    return _nobodies[is_cheap]
