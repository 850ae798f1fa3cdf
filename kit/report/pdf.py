"""A page as PDF, by Chromium where there is one.

Separate because it is the only program that the kit calls. The page holds neither scripts nor
addresses; a profile of its own is thrown away afterwards. Imports subprocess.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_TIMEOUT_S = 180


def browser() -> str | None:
    """Where Chromium is, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def print_pdf(program: str, page: Path, target: Path) -> str | None:
    """Make the PDF; returns None, or what went wrong in one line."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        made = Path(profile) / "report.pdf"
        command = [program, "--headless", "--disable-gpu", "--disable-dev-shm-usage"]
        command += ["--no-first-run", "--disable-background-networking", "--no-pdf-header-footer"]
        command += [f"--user-data-dir={profile}/profile", f"--print-to-pdf={made}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium does not start for root otherwise
        try:
            done = subprocess.run(
                [*command, page.resolve().as_uri()],
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{program}: {type(error).__name__}"
        if done.returncode or not made.is_file():
            return f"{program}: exit {done.returncode}, no PDF"
        shutil.copyfile(made, target)
    return None
