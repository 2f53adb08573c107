"""What the server writes of requests that it cannot read: nothing of the rater."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from survey_app.cli.serving import server_command

CODE = b"E5AD-XP7N-59FS-F"
UNREADABLE = (
    b"GET /c/" + CODE + b"\r\n\r\n",
    b"GET /c/" + CODE + b" HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"a" * 9000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nno header " + CODE + b"\r\n\r\n",
)


def connect(port: int) -> socket.socket:
    deadline = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=10)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_the_log_names_neither_address_nor_code(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            server_command(f"127.0.0.1:{port}", 1),
            env={**os.environ, "SURVEY_HOME": str(tmp_path / "home")},
            stdout=stream,
            stderr=stream,
        )
    try:
        for sent in UNREADABLE:
            with connect(port) as phone:
                phone.sendall(sent)
                assert phone.recv(20).startswith(b"HTTP/1.1 4")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
    written = log.read_text(errors="replace")
    assert written.count("Invalid request") == len(UNREADABLE)
    assert "127.0.0.1" not in written
    assert CODE.decode() not in written
