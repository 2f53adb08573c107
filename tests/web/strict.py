"""A client that reads every page it is given as strictly as a picky reviewer would."""

from html.parser import HTMLParser
from urllib.parse import urlencode

from flask import Flask
from werkzeug.test import TestResponse

VOID = {"meta", "link", "input", "br", "hr", "img", "wbr", "path", "rect", "line", "circle"}
NAMED_OTHERWISE = {"hidden", "submit", "button"}
GLUE = "\x01"  # a place where a word may break is no space
LANGUAGES = {"zh-CN", "zh-TW", "en"}


class Page(HTMLParser):
    """What a page consists of; `faults` lists what must never be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.fields: list[dict[str, str]] = []
        self.lang = ""
        self.headings: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self._labelled: set[str] = set()
        self._unlabelled: list[dict[str, str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self._finish()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append(tag)
        if tag == "wbr":
            self.words.append(GLUE)
        if tag == "html":
            self.lang = given.get("lang", "")
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "label" and "for" in given:
            self._labelled.add(given["for"])
        if tag == "h1":
            self.headings.append("")
        if "href" in given:
            self.links.append(given["href"])
        if tag in ("input", "textarea", "select"):
            self._field(tag, given)
        self._forbidden(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        self.fields.append({"tag": tag, **given})
        is_named = given.get("type") in NAMED_OTHERWISE or "aria-label" in given
        if not is_named and "label" not in self._open:
            self._unlabelled.append(given)

    def _forbidden(self, tag: str, given: dict[str, str]) -> None:
        if tag == "style" or "style" in given or any(name.startswith("on") for name in given):
            self.faults.append(f"inline style or script in <{tag}>")
        if tag == "script" and "src" not in given:
            self.faults.append("inline script")
        for name in ("src", "href", "action"):
            if given.get(name, "").startswith(("http:", "https:", "//")):
                self.faults.append(f"another host: {given[name]}")

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:]}")
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self._open):
            self.words.append(data)
        if self._open and self._open[-1] == "h1":
            self.headings[-1] += data

    def _finish(self) -> None:
        if len(self.headings) != 1 or not self.headings[0].strip():
            self.faults.append(f"{len(self.headings)} h1")
        if self.lang not in LANGUAGES:
            self.faults.append(f"lang {self.lang!r}")
        twice = {one for one in self.ids if self.ids.count(one) > 1}
        if twice:
            self.faults.append(f"id twice: {sorted(twice)}")
        self.faults += [
            f"no label: {field}"
            for field in self._unlabelled
            if field.get("id") not in self._labelled
        ]
        if self._open:
            self.faults.append(f"never closed: {self._open}")

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).replace(f" {GLUE} ", "").split())

    def value(self, name: str) -> str:
        """The value of the first field of this name."""
        return next(one.get("value", "") for one in self.fields if one.get("name") == name)

    def checked(self) -> list[tuple[str, str]]:
        return [(one["name"], one["value"]) for one in self.fields if "checked" in one]


class StrictClient:
    """A browser without scripts; every HTML reply is checked before a test sees it."""

    def __init__(self, app: Flask) -> None:
        self.browser = app.test_client()
        self.response: TestResponse

    def get(self, path: str, **headers: str) -> Page:
        self.response = self.browser.get(path, headers=headers)
        return self._read()

    def post(self, path: str, fields: list[tuple[str, str]], **headers: str) -> Page:
        self.response = self.browser.post(
            path,
            data=urlencode(fields),
            content_type="application/x-www-form-urlencoded",
            headers=headers,
        )
        return self._read()

    @property
    def status(self) -> int:
        return self.response.status_code

    def _read(self) -> Page:
        assert self.response.mimetype == "text/html", self.response
        policy = self.response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert self.response.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
        page = Page(self.response.get_data(as_text=True))
        assert page.faults == []
        return page
