"""Walking through every page that a browser can reach by following links."""

import csv
import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.strict import Page

KEPT = ("no-store", "private, no-store", "private, no-cache")
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
NUMBER = re.compile(r"[+-]?[0-9.]+%?")


@dataclass
class Walk:
    """What a walk has seen: every reply, and all that was wrong with any."""

    app: Flask
    client: FlaskClient
    is_https: bool = False
    most: int = 4
    """Addresses looked at for each pattern of an address: many differ by a number only."""
    leaves_out: str = "^$"
    """A pattern of addresses that are not asked for."""
    seen: dict[str, int] = field(default_factory=dict)
    patterns: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[str, str]] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)

    def through(self, *starts: str) -> "Walk":
        """Follow every link from these addresses on."""
        waiting = list(starts)
        while waiting:
            address = waiting.pop()
            pattern = self._pattern(address)
            if re.search(self.leaves_out, address):
                continue
            if address in self.seen or self.patterns[pattern] >= self.most:
                continue
            self.patterns[pattern] += 1
            reply = self.client.get(address)
            self.seen[address] = reply.status_code
            self.look_at(address, reply)
            if "Location" in reply.headers:
                waiting += inside(address, reply.headers["Location"])
            elif reply.mimetype == "text/html":
                self.pages[address] = reply.text
                waiting += links(address, reply.text)
        return self

    def look_at(self, address: str, reply: TestResponse) -> None:
        """Note what is wrong with a reply."""
        found = header_faults(reply, is_https=self.is_https)
        found += cookie_faults(reply, is_https=self.is_https)
        is_over = reply.status_code == 410 and address.startswith("/r/")  # a closed round's poster
        if reply.status_code >= 400 and not is_over:
            found.append(f"a link to a page that answers {reply.status_code}")
        if reply.mimetype == "text/html" and "Location" not in reply.headers:
            found += Page(reply.text).faults
        found += formula_faults(reply.mimetype, reply.data)
        self.faults += [(address, fault) for fault in found]

    def _pattern(self, address: str) -> str:
        parts = urlsplit(address)
        adapter = self.app.url_map.bind("localhost")
        try:
            rule, _values = adapter.match(parts.path, method="GET", return_rule=True)
        except Exception:  # noqa: BLE001  # whatever it is, it is asked for by its address
            return address
        names = sorted(name.partition("=")[0] for name in parts.query.split("&"))
        return f"{rule.rule}?{'&'.join(names)}"


def links(address: str, html: str) -> list[str]:
    """Where the links of a page lead within this host."""
    targets = re.findall(r'<(?:a|link|script|img)\b[^>]*?\b(?:href|src)="([^"]*)"', html)
    return [one for target in targets for one in inside(address, target.replace("&amp;", "&"))]


def inside(address: str, target: str) -> list[str]:
    """The address a link leads to, nothing where it leaves the host."""
    parts = urlsplit(urljoin(f"http://localhost{address}", target))
    if parts.scheme not in ("http", "https") or parts.hostname != "localhost":
        return []
    return [parts.path + (f"?{parts.query}" if parts.query else "")]


def header_faults(reply: TestResponse, *, is_https: bool) -> list[str]:
    """What the headers every reply must carry do not say."""
    told = reply.headers
    policy = told.get("Content-Security-Policy", "")
    wanted = {
        "default-src 'none'": "default-src 'none'" in policy,
        "frame-ancestors 'none'": "frame-ancestors 'none'" in policy or "sandbox" in policy,
        "no unsafe": "unsafe" not in policy and "http" not in policy and "*" not in policy,
        "never framed": told.get("X-Frame-Options") == "DENY",
        "nosniff": told.get("X-Content-Type-Options") == "nosniff",
        "referrer": told.get("Referrer-Policy") in ("no-referrer", "same-origin"),
        "COOP": told.get("Cross-Origin-Opener-Policy") == "same-origin",
        "permissions": "camera=()" in told.get("Permissions-Policy", ""),
        "HSTS": not is_https or "max-age=" in told.get("Strict-Transport-Security", ""),
        "one of each": max(Counter(name for name, _ in told if name != "Set-Cookie").values()) == 1,
        "says nothing of the server": "Werkzeug" not in told.get("Server", ""),
    }
    if reply.mimetype == "text/html":
        # A poster's form stays in its browser, so that going back brings back its nonce.
        wanted["kept by nobody else"] = told.get("Cache-Control") in KEPT
    return [name for name, is_so in wanted.items() if not is_so]


def cookie_faults(reply: TestResponse, *, is_https: bool) -> list[str]:
    """Cookies without their flags. Language and text size may be read by the page's own script."""
    faults = []
    for cookie in reply.headers.getlist("Set-Cookie"):
        name = cookie.partition("=")[0]
        if "SameSite=" not in cookie or (is_https and "Secure" not in cookie):
            faults.append(f"cookie {cookie}")
        if "HttpOnly" not in cookie and name not in ("lang", "elder"):
            faults.append(f"cookie {cookie}")
    return faults


def formula_faults(mimetype: str, data: bytes) -> list[str]:
    """Cells of a file to download that a spreadsheet program would run."""
    if mimetype == "text/csv":
        return _csv_faults(data)
    if not data.startswith(b"PK\x03\x04"):
        return []
    faults = []
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for name in packed.namelist():
            content = packed.read(name)
            if name.endswith(".csv"):
                faults += _csv_faults(content)
            elif name.startswith("xl/worksheets/") and re.search(rb"<f[ >/]", content):
                faults.append(f"a formula in {name}")
            elif name.endswith(".rels") and b'TargetMode="External"' in content:
                faults.append(f"a link to elsewhere in {name}")
    return faults


def _csv_faults(data: bytes) -> list[str]:
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    return [
        f"a cell begins {cell[:20]!r}"
        for row in rows
        for cell in row
        if cell.startswith(RUNS) and not NUMBER.fullmatch(cell)
    ]
