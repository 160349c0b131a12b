"""Twenty seconds of tests/soak, which runs for 45 minutes or for a night."""

import subprocess
import sys

from harness import server
from harness.server import ROOT


def test_soak(tmp_path):
    run = subprocess.run(
        [sys.executable, ROOT / "tests" / "soak" / "run.py", "--minutes",
         "0.25", "--rate", "10", "--build", server.binary().parent, "--out",
         tmp_path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=150, check=False)
    assert run.returncode == 0, run.stdout
    assert "NO " not in run.stdout and "calls, 0 failed" in run.stdout
    lines = (tmp_path / "soak.csv").read_text().splitlines()
    assert lines[0].startswith("seconds,rss_kib,descriptors")
    assert len(lines) > 5
