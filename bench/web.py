"""Speed of a rater's page, as ratios within one run: `make bench`.

Every figure is taken in turn with the one it is held against, several times over; the median of
the pairwise ratios counts. Load comes from wrk on the same machine. After the writing part what
is stored is counted against what was acknowledged.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import func, select

from survey_app.ballots.nonce import NonceMaker
from survey_app.ballots.tables import Ballot, Receipt
from survey_app.core import migrations
from survey_app.core.database import Database
from tests.chaos.serving import free_port
from tests.rounds import World, filled, make_world

ROOT = Path(__file__).parents[1]
SECRET = "a secret for the bench only, 32 bytes or more"
CONNECTIONS, THREADS = 16, 2
POST_SCRIPT = Path(__file__).with_name("post.lua")


@contextmanager
def serving(app: str, home: Path) -> Iterator[int]:
    """gunicorn with the product's own settings; yields the port."""
    port = free_port()
    environ = {**os.environ, "SURVEY_HOME": str(home), "SURVEY_SECRET_KEY": SECRET}
    command = [sys.executable, "-m", "gunicorn", app, "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--workers", "2", "--threads", "8"]
    process = subprocess.Popen([*command, "--log-level", "error"], cwd=ROOT, env=environ)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def load(url: str, seconds: int, bodies: Path | None = None) -> float:
    """Replies with status 2xx or 3xx a second."""
    command = ["wrk", f"-c{CONNECTIONS}", f"-t{THREADS}", f"-d{seconds}s", "--timeout", "30s"]
    command += ["-H", "Accept-Encoding: gzip"]
    if bodies is not None:
        command += ["-s", str(POST_SCRIPT), url, "--", str(bodies), str(THREADS)]
    else:
        command.append(url)
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    total = int(re.search(r"(\d+) requests in ([\d.]+)(m?s)", output)[1])
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    if failed:
        raise SystemExit(f"{url}: {failed[1]} of {total} requests failed\n{output}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])


def write_bodies(path: Path, fields: Mapping[str, str], nonces: Iterator[str]) -> None:
    path.write_text("".join(urlencode({**fields, "nonce": one}) + "\n" for one in nonces))


def compare(name: str, first: tuple, second: tuple, seconds: int, pairs: int) -> dict[str, float]:
    """Median rates of both sides and of the pairwise ratio."""
    rates = [
        (load(*first[:1], seconds, *first[1:]), load(*second[:1], seconds, *second[1:]))
        for _ in range(pairs)
    ]
    ratio = statistics.median(one / other for one, other in rates)
    ours, theirs = (statistics.median(side) for side in zip(*rates, strict=True))
    print(f"{name:44} {ours:8.0f}/s  against {theirs:8.0f}/s   ratio {ratio:.2f}", flush=True)
    return {"ours": ours, "theirs": theirs, "ratio": ratio}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=4)
    options.add_argument("--pairs", type=int, default=3)
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: install the Debian package wrk")
    with tempfile.TemporaryDirectory() as folder:
        figures = run(Path(folder), given.seconds, given.pairs)
    if given.json:
        print(json.dumps(figures, indent=2))


def run(home: Path, seconds: int, pairs: int) -> dict[str, dict[str, float]]:
    database = Database(f"sqlite:///{home / 'survey.db'}")
    migrations.upgrade(database, home / "upgrade.lock")
    world = make_world(database, home, units=49)
    maker = NonceMaker(SECRET.encode())
    fields = dict(filled(world.at_link(), "satisfied"))
    path = f"/r/{world.links['u1']}"
    form_id = world.at_link().form_id
    bodies = home / "ours.txt"
    count = 6_000 * seconds * pairs
    write_bodies(bodies, fields, (maker.make(world.round_id, form_id) for _ in range(count)))
    same = home / "theirs.txt"
    plain = {name.split(".", 1)[1]: value for name, value in fields.items()}
    write_bodies(same, {**fields, **plain}, iter(["x"] * 10))
    with serving("wsgi:app", home) as ours:
        reply = urllib.request.urlopen(
            urllib.request.Request(
                f"http://127.0.0.1:{ours}{path}", headers={"Accept-Encoding": "gzip"}
            )
        )
        os.environ["BENCH_PAGE_BYTES"] = str(len(reply.read()))
        with serving("bench.textbook:app", home) as theirs:
            at, other = f"http://127.0.0.1:{ours}{path}", f"http://127.0.0.1:{theirs}"
            figures = {
                "GET": compare(
                    "GET a form, against a constant page",
                    (at,),
                    (f"{other}/constant",),
                    seconds,
                    pairs,
                ),
                "GET textbook": compare(
                    "GET a form, against the textbook",
                    (at,),
                    (f"{other}/textbook",),
                    seconds,
                    pairs,
                ),
                "POST textbook": compare(
                    "POST an answer, against the textbook",
                    (at, bodies),
                    (f"{other}/textbook", same),
                    seconds,
                    pairs,
                ),
                "POST parse": compare(
                    "POST an answer, against parsing only",
                    (at, bodies),
                    (f"{other}/parse", same),
                    seconds,
                    pairs,
                ),
            }
    check_stored(world)
    return figures


def check_stored(world: World) -> None:
    with world.database.read() as session:
        ballots = session.scalar(select(func.count()).select_from(Ballot))
        receipts = session.scalar(select(func.count()).select_from(Receipt))
    if ballots != receipts:
        raise SystemExit(f"{receipts} receipts but {ballots} ballots: no figure counts")
    print(f"{ballots} ballots stored, each with its receipt")


if __name__ == "__main__":
    main()
