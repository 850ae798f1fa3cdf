"""Encode and decode SMS messages from the command line with the firmware's own codec.

Separate from tools/sms_lines.py, which does the work on any interpreter: this half is for
people, on CPython. CONTRACTS.md section 8 fixes the JSON lines.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import NoReturn, TextIO

from tools import command, sms_lines
from tools.command import ROOT, Unusable

LINE_MAX = 1 << 20  # characters; 255 parts in hex are a tenth of it
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


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_intermixed_args(arguments)

    def work() -> None:
        with _opened(options.file) as source:
            _run(source, options)

    return command.run("tools.sms", work)


def _parser() -> argparse.ArgumentParser:
    parser = command.Parser(
        prog="python -m tools.sms",
        description="Turn messages into SMS transfer units (3GPP TS 23.040) and back, by lines.",
        epilog=EXAMPLE + NOTES,
    )
    parser.add_argument("task", choices=("encode", "decode"))
    parser.add_argument("file", nargs="?", metavar="FILE", help="JSON lines (default: stdin)")
    command.add_options(parser)
    return parser


def _opened(path: str | None) -> TextIO:
    if path is None or path == "-":
        return open(sys.stdin.fileno(), encoding="utf-8", errors="surrogateescape", closefd=False)
    if Path(path).exists() and not Path(path).is_file():
        raise Unusable(f"{path}: is no file")
    try:
        return open(path, encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None


def _run(source: TextIO, options: argparse.Namespace) -> None:
    worker = None
    if options.host == "micropython":
        worker = _start(options.task)
    else:
        command.use_firmware_here()
    try:
        number = 0
        while line := source.readline(LINE_MAX + 1):
            number += 1
            if len(line) > LINE_MAX:
                raise Unusable(f"line {number}: longer than {LINE_MAX} characters")
            if line.strip():
                answer = _answer(options.task, worker, line, f"line {number}")
                print(json.dumps(answer, sort_keys=True) if options.json else _readable(answer))
    finally:
        if worker is not None:
            worker.kill()
            worker.communicate()


def _answer(task: str, worker: subprocess.Popen[str] | None, line: str, where: str) -> dict:
    try:
        message = json.loads(line, parse_constant=_no_number)
    except ValueError as error:
        raise Unusable(f"{where}: not JSON ({error})") from None
    except RecursionError:
        raise Unusable(f"{where}: nested too deeply") from None
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


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _readable(answer: dict) -> str:
    if "tpdus" in answer:
        return "\n".join(answer["tpdus"])
    if "status" in answer:
        return f"{answer['to']} ref {answer['ref']}: status {answer['status']:02X}"
    return f"{answer['to']} ref {answer['ref']}: {answer['text']}"


# -- the VM ----------------------------------------------------------------------------------


def _start(task: str) -> subprocess.Popen[str]:
    program = [command.vm(), str(ROOT / "tools/sms_lines.py"), task]
    return subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
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


if __name__ == "__main__":
    sys.exit(main())
