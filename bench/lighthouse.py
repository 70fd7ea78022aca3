"""
What Lighthouse says about the pages, as a phone on a slow network sees them.

Starts the site as production does, runs Lighthouse from npm with Chromium (CHROME_PATH, or the
one on PATH) and fails where a figure misses docs/performance.md.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

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
MOST_BYTES = 70_000
MOST_REQUESTS = 7
RUNS = 3  # the blocking time depends on what else the machine does

# Have full marks in everything but speed.
PAGES = ["/", "/questions/gil/", "/categories/architecture/", "/practice/", "/progress/"]
CATEGORIES = ["accessibility", "best-practices", "seo"]


def main() -> None:
    chrome = os.environ.get("CHROME_PATH") or shutil.which("chromium") or shutil.which("chrome")
    npx = shutil.which("npx")
    if not chrome or not npx:
        sys.exit("Lighthouse needs npm, and Chromium on PATH or in CHROME_PATH.")
    with tempfile.TemporaryDirectory(prefix="qabank-lighthouse-") as folder:
        bank = Bank(Path(folder) / "bank.sqlite3", ["loaddata", "bank"])
        site = Server({"DATABASE_URL": bank.url})
        try:
            command = [npx, "--yes", *LIGHTHOUSE]
            address = f"http://127.0.0.1:{site.port}"
            pages = {
                page: run(command, chrome, address + page, CATEGORIES, Path(folder))
                for page in PAGES
            }
            reports = [
                run(command, chrome, f"{address}/", ["performance"], Path(folder))
                for _ in range(RUNS)
            ]
        finally:
            site.stop()
    sys.exit(judge_pages(pages) | judge(reports))


def run(
    command: list[str], chrome: str, address: str, categories: list[str], folder: Path
) -> dict[str, Any]:
    subprocess.run(  # noqa: S603
        [
            *command,
            address,
            f"--only-categories={','.join(categories)}",
            "--output=json",
            f"--output-path={folder / 'report.json'}",
            f"--chrome-flags={CHROME_FLAGS}",
            "--quiet",
        ],
        cwd=ROOT,
        env={**os.environ, "CHROME_PATH": chrome},
        check=True,
    )
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return report


def judge_pages(reports: dict[str, dict[str, Any]]) -> int:
    """Print each page's marks, and what costs some; return 1 if one is not full, else 0."""
    missed = 0
    for page, report in reports.items():
        marks = {name: score(report, name) for name in CATEGORIES}
        missed |= any(mark < 100 for mark in marks.values())
        print(page, ", ".join(f"{name} {mark:.0f}" for name, mark in marks.items()))
        for name in CATEGORIES:
            for reference in report["categories"][name]["auditRefs"]:
                found = report["audits"][reference["id"]]
                if reference["weight"] and found["score"] not in (None, 1):
                    print(f"  {name}: {found['title']}")
    return int(missed)


def judge(reports: list[dict[str, Any]]) -> int:
    """Print the medians of some reports; return 1 if one of them misses its budget, else 0."""
    figures = [
        ("performance score", lambda report: score(report, "performance"), 100, False),
        *((name, audit(key), most, True) for name, key, most in BUDGET),
        ("requests", lambda report: len(requests(report)), MOST_REQUESTS, True),
        ("bytes in all", lambda report: sum(map(size, requests(report))), MOST_BYTES, True),
    ]
    missed = 0
    for name, read, limit, is_most in figures:
        value = median(map(read, reports))
        is_kept = value <= limit if is_most else value >= limit
        missed |= not is_kept
        print(
            f"{name:32} {value:10,.0f}   {'at most' if is_most else 'at least'} {limit:,}"
            f"{'' if is_kept else '   MISSED'}"
        )
    for request in requests(reports[0]):
        print(f"  {size(request):8,}  {request['url'].rpartition('/')[2] or '/'}")
    return int(missed)


def score(report: dict[str, Any], category: str) -> float:
    return float(report["categories"][category]["score"]) * 100


def audit(key: str) -> Callable[[dict[str, Any]], float]:
    return lambda report: float(report["audits"][key]["numericValue"])


def requests(report: dict[str, Any]) -> list[dict[str, Any]]:
    items = report["audits"]["network-requests"]["details"]["items"]
    return [request for request in items if request["url"].startswith("http")]


def size(request: dict[str, Any]) -> int:
    return int(request["transferSize"])


if __name__ == "__main__":
    main()
