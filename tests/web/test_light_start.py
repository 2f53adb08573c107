"""The rater's path starts without the libraries of the analysis."""

import os
import subprocess
import sys
from pathlib import Path


def test_starting_the_server_loads_no_statistics(tmp_path: Path) -> None:
    script = "import sys, wsgi; print(*sorted({'scipy', 'numpy', 'duckdb'} & set(sys.modules)))"
    environ = {**os.environ, "SURVEY_HOME": str(tmp_path), "SURVEY_DATABASE_URL": ""}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environ,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []
