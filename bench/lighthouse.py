"""
What Lighthouse says about the home page, as a phone on a slow network sees it.

Starts the site as production does, runs Lighthouse from npm with Chromium (CHROME_PATH, or the
one on PATH) and fails where a figure misses docs/performance.md.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from serving import ROOT, Bank, Server

# With a Node.js of its own: Lighthouse wants a newer one than Debian has.
LIGHTHOUSE = ["--package=node@24", "--package=lighthouse@13.5.0", "--", "lighthouse"]
CHROME_FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic"

# Name, what it is in Lighthouse's report, and the most that it may be.
BUDGET = [
    ("largest contentful paint, ms", "largest-contentful-paint", 1300),
    ("total blocking time, ms", "total-blocking-time", 50),
    ("cumulative layout shift", "cumulative-layout-shift", 0),
]
MOST_BYTES = 45_000
MOST_REQUESTS = 6


def main() -> None:
    chrome = os.environ.get("CHROME_PATH") or shutil.which("chromium") or shutil.which("chrome")
    npx = shutil.which("npx")
    if not chrome or not npx:
        sys.exit("Lighthouse needs npm, and Chromium on PATH or in CHROME_PATH.")
    with tempfile.TemporaryDirectory(prefix="qabank-lighthouse-") as folder:
        bank = Bank(Path(folder) / "bank.sqlite3", ["loaddata", "bank"])
        site = Server({"DATABASE_URL": bank.url})
        try:
            site.warm_up()
            report = run([npx, "--yes", *LIGHTHOUSE], chrome, site.port, Path(folder))
        finally:
            site.stop()
    sys.exit(judge(report))


def run(command: list[str], chrome: str, port: int, folder: Path) -> dict[str, dict]:  # type: ignore[type-arg]
    subprocess.run(  # noqa: S603
        [
            *command,
            f"http://127.0.0.1:{port}/",
            "--only-categories=performance",
            "--output=json",
            f"--output-path={folder / 'report.json'}",
            f"--chrome-flags={CHROME_FLAGS}",
            "--quiet",
        ],
        cwd=ROOT,
        env={**os.environ, "CHROME_PATH": chrome},
        check=True,
    )
    report: dict[str, dict] = json.loads((folder / "report.json").read_text())  # type: ignore[type-arg]
    return report


def judge(report: dict[str, dict]) -> int:  # type: ignore[type-arg]
    """Print the figures; return 1 if one of them misses its budget, else 0."""
    audits = report["audits"]
    requests = [
        request
        for request in audits["network-requests"]["details"]["items"]
        if request["url"].startswith("http")
    ]
    figures = [
        ("performance score", report["categories"]["performance"]["score"] * 100, 100, False),
        *((name, audits[key]["numericValue"], most, True) for name, key, most in BUDGET),
        ("requests", len(requests), MOST_REQUESTS, True),
        ("bytes in all", sum(r["transferSize"] for r in requests), MOST_BYTES, True),
    ]
    missed = 0
    for name, value, limit, is_most in figures:
        is_kept = value <= limit if is_most else value >= limit
        missed |= not is_kept
        print(
            f"{name:32} {value:10,.4g}   {'at most' if is_most else 'at least'} {limit:,}"
            f"{'' if is_kept else '   MISSED'}"
        )
    for request in requests:
        print(f"  {request['transferSize']:8,}  {request['url'].rpartition('/')[2] or '/'}")
    return int(missed)


if __name__ == "__main__":
    main()
