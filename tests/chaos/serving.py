"""The real server as its own process group, and clients that behave like impatient phones."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from survey_app.core.config import Settings

START_SECONDS = 90
NONCE = re.compile(r'name="nonce" value="([^"]+)"')
RECEIPT = re.compile(r'<p class="receipt">(.*?)</p>')
TAG = re.compile(r"<[^>]+>")


@dataclass
class Serving:
    """gunicorn on `app`, startable and killable again and again on one port."""

    settings: Settings
    workers: int = 2
    threads: int = 4
    port: int = field(default_factory=lambda: free_port())
    process: subprocess.Popen[bytes] | None = None
    app: str = "tests.chaos.calm:make()"

    def start(self) -> None:
        environ = {
            **os.environ,
            "SURVEY_HOME": str(self.settings.home),
            "SURVEY_DATABASE_URL": self.settings.database_url,
            "SURVEY_SECRET_KEY": self.settings.secret_key.decode(),
        }
        command = [sys.executable, "-m", "gunicorn", self.app, "--bind"]
        command += [f"127.0.0.1:{self.port}", "--worker-class", "gthread", "--log-level", "warning"]
        command += ["--workers", str(self.workers), "--threads", str(self.threads)]
        with (self.settings.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env=environ,
                cwd=Path(__file__).parents[2],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait()

    def kill(self) -> None:
        """kill -9 the master and every worker: nobody gets to say goodbye."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if request(self.port, "GET", "/").status < 500:
                    return
            except OSError:
                time.sleep(0.05)
        log = (self.settings.home / "server.log").read_text(errors="replace")
        raise RuntimeError(f"the server did not start:\n{log[-3000:]}")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    text: str

    @property
    def receipt(self) -> str | None:
        found = RECEIPT.search(self.text)
        return TAG.sub("", found.group(1)) if found else None


def request(port: int, method: str, path: str, body: Mapping[str, str] | None = None) -> Reply:
    """One request on a connection of its own. Raises OSError where the reply is lost."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Accept-Encoding": "identity"}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        headers["Origin"] = f"http://127.0.0.1:{port}"
    try:
        connection.request(method, path, urlencode(body) if body is not None else None, headers)
        reply = connection.getresponse()
        return Reply(reply.status, reply.read().decode())
    except http.client.HTTPException as error:
        raise ConnectionError(str(error)) from error
    finally:
        connection.close()


def nonce_in(page: Reply) -> str:
    """The nonce of a form."""
    found = NONCE.search(page.text)
    assert found is not None, page.text[:2000]
    return found.group(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
