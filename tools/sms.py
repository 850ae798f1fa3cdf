"""Encode and decode SMS messages from the command line with the firmware's own codec.

Separate from tools/sms_lines.py, which does the work on any interpreter: this half is for
people, on CPython. CONTRACTS.md section 8 fixes the JSON lines.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

from tools import sms_lines

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = """example:
  echo '{"to": "+33639980001", "text": "OK", "report": true, "ref": 7}' \\
    | python -m tools.sms encode --json
  {"tpdus": ["31070B913336990800F100002F02CF25"]}
"""
NOTES = """
encode: to and text are needed; report (false), ref (0) and validity_min (240) may be left out.
Text that the GSM alphabet lacks goes out as UCS-2, text too long for one unit in parts.
decode: SUBMIT and DELIVER give to (the other side's number), text, report, ref; STATUS-REPORT
gives to, status, ref. The parts of one message come in one line. A service centre before a
unit is skipped.
"""


class Unusable(Exception):
    """Wrong usage or input: one line for the user, exit 2."""


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        with _opened(options.file) as source:
            _run(source, options)
        sys.stdout.flush()
    except Unusable as error:
        print(f"tools.sms: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.sms",
        description="Turn messages into SMS transfer units (3GPP TS 23.040) and back, by lines.",
        epilog=EXAMPLE + NOTES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("task", choices=("encode", "decode"))
    parser.add_argument("file", nargs="?", metavar="FILE", help="JSON lines (default: stdin)")
    parser.add_argument("--json", action="store_true", help="print JSON, one object per line")
    parser.add_argument(
        "--host",
        choices=("cpython", "micropython"),
        default="cpython",
        help="the interpreter that works (default cpython; MICROPYTHON= names another binary)",
    )
    return parser


def _opened(path: str | None) -> TextIO:
    if path is None or path == "-":
        return open(sys.stdin.fileno(), encoding="utf-8", errors="surrogateescape", closefd=False)
    try:
        return open(path, encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None


def _run(source: TextIO, options: argparse.Namespace) -> None:
    worker = None
    if options.host == "micropython":
        worker = _start(options.task)
    else:
        sys.path[:0] = [str(ROOT / "lib"), str(ROOT / "tests/shims")]
    try:
        for number, line in enumerate(source, 1):
            if line.strip():
                answer = _answer(options.task, worker, line, f"line {number}")
                print(json.dumps(answer, sort_keys=True) if options.json else _readable(answer))
    finally:
        if worker is not None:
            worker.kill()
            worker.communicate()


def _answer(task: str, worker: subprocess.Popen[str] | None, line: str, where: str) -> dict:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise Unusable(f"{where}: not JSON ({error})") from None
    # As it is, for the VM reads an escaped surrogate pair as two characters.
    text = json.dumps(message, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unusable(f"{where}: not Unicode text") from None
    reply = sms_lines.answer(task, text) if worker is None else _ask(worker, text)
    answer = json.loads(reply)
    if "error" in answer:
        raise Unusable(f"{where}: {answer['error']}")
    return answer


def _readable(answer: dict) -> str:
    if "tpdus" in answer:
        return "\n".join(answer["tpdus"])
    if "status" in answer:
        return f"{answer['to']} ref {answer['ref']}: status {answer['status']:02X}"
    return f"{answer['to']} ref {answer['ref']}: {answer['text']}"


# -- the VM ----------------------------------------------------------------------------------


def _start(task: str) -> subprocess.Popen[str]:
    command = [_interpreter(), str(ROOT / "tools/sms_lines.py"), task]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )


def _ask(worker: subprocess.Popen[str], text: str) -> str:
    assert worker.stdin is not None and worker.stdout is not None
    try:
        worker.stdin.write(text + "\n")
        worker.stdin.flush()
        answer = worker.stdout.readline()
    except BrokenPipeError:
        answer = ""
    if not answer:
        raise Unusable(f"the VM ended with exit code {worker.wait()}")
    return answer


def _interpreter() -> str:
    """MICROPYTHON, else the one beside this Python, else the one on the path."""
    named = os.environ.get("MICROPYTHON")
    beside = str(Path(sys.executable).parent / "micropython")
    found = shutil.which(named) if named else shutil.which(beside) or shutil.which("micropython")
    if found is None:
        raise Unusable(f"no MicroPython: {named or beside} is not a program (set MICROPYTHON=)")
    return found


if __name__ == "__main__":
    sys.exit(main())
