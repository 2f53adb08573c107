"""The forms of the product as its pages offer them, and ways to send them that no page would."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

from hypothesis import strategies as st
from werkzeug.routing import Map

from tests.hostile.crawling import inside

FORM = "application/x-www-form-urlencoded"
BOUNDARY = "----b"
TAKEN = frozenset({"/admin/logout", "/admin/account/logout-everywhere"})
"""Posts that only end the session that sends them."""
NASTY = (
    *("", " ", "0", "1", "-1", "²", "١", "1e400", "nan", "Infinity", "-0", "0x10", "1_000"),
    *("9" * 20, "9" * 5_000, "0." + "9" * 400, "true", "null", "None", "[]", "{}", "[[" * 2_000),
    *("2026-02-30", "0000-00-00", "99999-01-01", "2026-W60", "2026-01-01T25:61"),
    *("\x00", "a\x00b", "\r\nX-Evil: 1", "\x1b[2J", "\u202e", "\ufeff", "\uffff", "😀" * 300),
    *("=1+1", "<script>alert(1)</script>", "{{7*7}}", "{x}", "%(x)s", "%s%n", "{0.__class__}"),
    *("../../etc/passwd", "/etc/passwd", "C:\\x", "' OR 1=1 --", "\\", '"', "u1", "u1,u2", "admin"),
    *("字" * 5_000, "a" * 70_000, "e" + "\u0301" * 3_000, "1,2,3,", "·", ":", "a:b:c"),
)
TYPES = (
    *(FORM, f"{FORM}; charset=utf-7", f"{FORM}; charset=nothing", "text/plain", "application/json"),
    *(
        "multipart/form-data",
        f"multipart/form-data; boundary={BOUNDARY}",
        "",
        "\u00e9/x",
        "a" * 999,
    ),
)
FILE_NAMES = (
    *("a.csv", "../../a.csv", "/etc/passwd", "a.xlsx\x00.csv", 'a".csv', "a\r\nX-Evil: 1.csv"),
    *("", ".", "..", "con.csv", "a" * 5_000 + ".csv", "\u202evsc.exe", "a·b.csv", "{x}.csv"),
)


@dataclass(frozen=True, slots=True)
class Form:
    """A form: where it posts to, and the fields a browser would send untouched."""

    action: str
    fields: tuple[tuple[str, str], ...]
    choices: tuple[str, ...] = ()
    """Every value that any of its fields offers."""


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self._open: _Open | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            is_post = given.get("method", "").lower() == "post"
            self._open = _Open(given.get("action", "")) if is_post else None
        elif self._open is not None and tag in ("input", "select", "textarea", "button", "option"):
            self._open.take(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._open is not None:
            places = inside(self.address, self._open.action or self.address)
            fields, choices = tuple(self._open.fields), tuple(self._open.choices)
            self.forms += [Form(place, fields, choices) for place in places]
            self._open = None


@dataclass
class _Open:
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)

    def take(self, tag: str, given: dict[str, str]) -> None:
        self.choices += [given["value"]] if given.get("value") else []
        name = given.get("name", "")
        is_ticked = given.get("type") not in ("radio", "checkbox") or "checked" in given
        if name and (is_ticked or name not in dict(self.fields)):
            self.fields.append((name, given.get("value", "")))


def forms_in(pages: dict[str, str], addresses: Map) -> list[Form]:
    """One form for each route that takes one, from pages by their addresses."""
    adapter = addresses.bind("localhost")
    found: dict[str, Form] = {}
    for address, html in sorted(pages.items()):
        reader = _Reader(address)
        reader.feed(html)
        for one in reader.forms:
            path = urlsplit(one.action).path
            rule, _values = adapter.match(path, method="POST", return_rule=True)
            known = found.get(rule.rule)
            if path not in TAKEN and (known is None or len(one.fields) > len(known.fields)):
                found[rule.rule] = one
    return list(found.values())


@st.composite
def bent(draw: st.DrawFn, forms: list[Form]) -> tuple[str, list[tuple[str, str]]]:
    """A form and its fields, some of them exchanged, doubled, lost or made up."""
    form = draw(st.sampled_from(forms))
    fields = list(form.fields)
    names = st.sampled_from(sorted({name for name, _ in fields} | {"x"}))
    values = st.sampled_from(NASTY) | st.text(max_size=20)
    if form.choices:
        values |= st.sampled_from(form.choices)
    for _ in range(draw(st.integers(1, 6))):
        step = draw(st.sampled_from(("set", "set", "set", "add", "drop")))
        name, value = draw(names), draw(values)
        if step != "add":
            fields = [pair for pair in fields if pair[0] != name]
        if step != "drop":
            fields.append((name, value))
    return form.action, fields


@st.composite
def bodies(draw: st.DrawFn, fields: list[tuple[str, str]]) -> tuple[bytes, str]:
    """Fields as a body of some type, honest or not, whole or broken."""
    kind = draw(st.sampled_from(("form", "form", "form", "form", "parts", "lie", "bytes")))
    if kind == "parts":
        return parts(fields, draw(st.sampled_from(FILE_NAMES))), TYPES[6]
    body = urlencode([(name.encode(), value.encode()) for name, value in fields]).encode()
    if kind == "form":
        return body, FORM
    if kind == "bytes":
        return draw(st.binary(max_size=300)), draw(st.sampled_from(TYPES))
    broken = draw(st.sampled_from((b"%ff%fe=%80", b"&&==&", b"a=1;b=2", b"%", b"a" * 2_000)))
    return body + b"&" + broken, draw(st.sampled_from(TYPES))


def parts(fields: list[tuple[str, str]], file_name: str) -> bytes:
    """The fields as parts, and a file under a name as nobody's computer would give it."""
    pieces = []
    for name, value in fields:
        is_file = name in ("file", "scheme_file")
        named = f'; filename="{file_name}"\r\nContent-Type: text/csv' if is_file else ""
        pieces.append(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
        )
        pieces.append(f"{value}\r\n")
    return ("".join(pieces) + f"--{BOUNDARY}--\r\n").encode()
