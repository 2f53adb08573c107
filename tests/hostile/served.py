"""The server as `survey serve` starts it, and a phone that leaves as many traces as it can."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from tests.chaos.serving import NONCE, RECEIPT, TAG, free_port, request
from tests.rounds import World, filled

ADDRESS = "127.0.0.55"
BROWSER = "Telltale-Browser/9.87"
BEHIND = "203.0.113.77"
COMMENT = "路灯坏了很久"
START_SECONDS = 40


@contextmanager
def served(
    home: Path, *, command: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> Iterator[int]:
    """A server on this home folder, whose output goes to output.log beside it; gives its port."""
    port = free_port()
    start = [sys.executable, "-m", "survey_app.cli", "serve", "--bind", f"127.0.0.1:{port}"]
    given = [one.format(port=port) for one in command] or [*start, "--workers", "1"]
    log = home.with_name("output.log")
    with log.open("wb") as stream:
        process = subprocess.Popen(
            given,
            env={**os.environ, "SURVEY_HOME": str(home), **(environ or {})},
            cwd=Path(__file__).parents[2],
            stdout=stream,
            stderr=stream,
        )
    try:
        _wait(port, log)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=START_SECONDS)


def _wait(port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if request(port, "GET", "/privacy").status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(log.read_text(errors="replace")[-3000:])


@dataclass
class Phone:
    """A rater's browser. `secrets` are what nobody may find anywhere afterwards."""

    port: int
    secrets: dict[str, str] = field(default_factory=dict)
    receipts: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, fields: Sequence[tuple[str, str]] = ()) -> str:
        """One request, with every header that might be kept somewhere."""
        headers = {
            "User-Agent": BROWSER,
            "X-Forwarded-For": BEHIND,
            "Referer": f"http://127.0.0.1:{self.port}{path}",
            "Cookie": "device=" + "d" * 32,
        }
        body = urlencode(fields) if fields else None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        phone = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=60, source_address=(ADDRESS, 0)
        )
        phone.request(method, path, body, headers)
        text = phone.getresponse().read().decode("utf-8", "replace")
        phone.close()
        return text

    def rate(self, path: str, fields: Sequence[tuple[str, str]], code: str = "") -> None:
        """A form fetched and sent, and sent again."""
        nonce = NONCE.search(self.ask("GET", f"{path}/{code}" if code else path))
        assert nonce is not None
        self.secrets[f"nonce {len(self.secrets)}"] = nonce.group(1)
        sent = [*fields, ("nonce", nonce.group(1)), *([("code", code)] if code else [])]
        for _ in range(2):
            found = RECEIPT.search(self.ask("POST", path, sent))
            assert found is not None
            self.receipts.append(re.sub(r"\W", "", TAG.sub("", found.group(1))))

    def journeys(self, world: World) -> None:
        """Posters and cards, well and badly used, and pages that do not exist."""
        self.secrets |= {"address": ADDRESS, "browser": BROWSER, "behind": BEHIND}
        self.rate(f"/r/{world.links['u1']}", filled(world.at_link("u1"), "satisfied", COMMENT))
        for card in world.cards[:2]:
            code = card.qr_code
            self.secrets[f"code {code}"] = code
            self.rate("/c", filled(world.at_card(code), "satisfied"), code)
        wrong = world.cards[2]
        self.secrets |= {"typed": wrong.typed_code, "unused": wrong.qr_code}
        for path in (f"/c/{wrong.typed_code}", f"/nothing/{wrong.qr_code}", f"/c/{wrong.qr_code}x"):
            self.ask("GET", path)
        self.ask("POST", "/c", [("code", wrong.typed_code), ("nonce", "not a nonce")])
        self.ask("POST", f"/r/{world.links['u1']}", [("1.D1", "x" * 70_000)])
        self.ask("DELETE", f"/c/{wrong.qr_code}")
