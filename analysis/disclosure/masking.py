"""Phone numbers, identity cards, e-mail addresses and number plates in comments, masked.

A comment is free text; what in it points at a person by number is replaced before anybody reads
it. Dates, amounts, documents and room numbers stay. Digits may be full-width or set apart.
"""

import re
import unicodedata
from collections.abc import Iterator

PHONE, IDENTITY, MAIL, PLATE = "［电话］", "［证件号］", "［邮箱］", "［车牌］"

_GAP = r"[\s\-－—–·.．]?"
_MOBILE = re.compile(rf"(?:(?:\+|00)?86{_GAP})?1{_GAP}[3-9](?:{_GAP}\d){{9}}")
_LANDLINE = re.compile(
    r"[(]?0(?:10|2\d|[3-9]\d{2})[)]?[\s\-－—–]{0,2}[2-9]\d{2,3}[\s\-]?\d{4}"
    r"(?:\s?(?:-|转|ext\.?)\s?\d{1,5})?",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"((?:电话|手机|座机|热线|微信|QQ|qq|扣扣|联系方式|致电|拨打|号码)(?:号码|号)?[是为:：\s]{0,3})"
    r"(\d(?:[\s\-]?\d){6,11})"
)
_SERVICE = re.compile(r"[48]00[\s\-]?\d{3}[\s\-]?\d{4}")
_IDENTITY_18 = re.compile(rf"[1-9]\d{{5}}(?:{_GAP}\d){{11}}{_GAP}[\dXx]")
_IDENTITY_15 = re.compile(r"[1-9]\d{14}")
_PASSPORT = re.compile(r"(?:护照|通行证)(?:号码|号)?[是为:：\s]{0,3}([A-Za-z]{1,2}\d{7,8})")
_MAIL = re.compile(r"[\w.+\-]+\s?@\s?[A-Za-z0-9\-]+(?:\s?\.\s?[A-Za-z]{2,})+")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
_PLATE = re.compile(
    rf"[{_PROVINCES}]\s?[A-Za-z]\s?[·.\-\s]?\s?(?=[A-Za-z]{{0,5}}\d)[A-HJ-NP-Za-hj-np-z0-9]{{5,6}}"
    r"(?![A-Za-z0-9])|"
    rf"[{_PROVINCES}]\s?[A-Za-z]\s?[·.\-\s]?\s?[A-HJ-NP-Za-hj-np-z0-9]{{4}}[挂学警港澳]"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def masked(text: str) -> str:
    """The text with everything masked that names a person by number or address."""
    # Full-width digits and letters become plain ones in a copy of the same length.
    flat = "".join(_narrow(sign) for sign in text)
    spans = sorted(_spans(flat), key=lambda one: (one[0], -one[1]))
    parts, end = [], 0
    for start, stop, mark in spans:
        if start < end:
            continue
        parts += [text[end:start], mark]
        end = stop
    return "".join([*parts, text[end:]])


def _narrow(sign: str) -> str:
    plain = unicodedata.normalize("NFKC", sign)
    return plain if len(plain) == 1 else sign


def _spans(text: str) -> Iterator[tuple[int, int, str]]:
    yield from ((*one.span(), MAIL) for one in _MAIL.finditer(text))
    yield from ((*one.span(), PLATE) for one in _PLATE.finditer(text))
    yield from ((*one.span(1), IDENTITY) for one in _PASSPORT.finditer(text))
    for pattern in (_IDENTITY_18, _IDENTITY_15):
        for one in _apart(pattern, text):
            if _is_identity(_digits(one.group())):
                yield (*one.span(), IDENTITY)
    for pattern in (_MOBILE, _LANDLINE, _SERVICE):
        yield from ((*one.span(), PHONE) for one in _apart(pattern, text))
    yield from ((*one.span(2), PHONE) for one in _CALLED.finditer(text))


def _apart(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Matches that are no part of a longer number or of an amount."""
    for one in pattern.finditer(text):
        before, after = text[: one.start()], text[one.end() :]
        if re.search(r"\d[.,]?$", before) or re.match(r"[\dXx]|[.,]\d|\s?[万亿元]", after):
            continue
        yield one


def _digits(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign.isdigit() or sign == "X")


def _is_identity(number: str) -> bool:
    """An identity card by its birthday; its check digit need not fit, people mistype."""
    day = number[6:14] if len(number) == 18 else f"19{number[6:12]}"
    year, month, date = int(day[:4]), int(day[4:6]), int(day[6:8])
    fits = len(number) == 18 and number[17] == check_digit(number)
    return fits or (1880 <= year <= 2100 and 1 <= month <= 12 and 1 <= date <= 31)


def check_digit(number: str) -> str:
    """The last sign of an 18-digit identity number (GB 11643-1999)."""
    total = sum(int(sign) * weight for sign, weight in zip(number[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11]
