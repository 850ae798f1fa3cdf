"""An AT command line taken apart, and what a command may answer (ITU-T V.250 section 5).

Separate from the modem, which owns bytes and time, and from the command tables, which own
meanings. Must not import firmware or lib.
"""

from __future__ import annotations

from typing import NamedTuple

READ, TEST, SET, RUN = "?", "=?", "=", ""
ANSWER_MS = 3  # what the module thinks before most answers: an assumption, kept small


class Command(NamedTuple):
    """`name` in capitals ("+CREG", "E", "&F", "S0", "D"); `args` as written after `=`."""

    name: str
    op: str
    args: str


class Reply(NamedTuple):
    """Information lines and the final result; final "" leaves the line open (a prompt)."""

    lines: tuple[str, ...] = ()
    final: str = "OK"
    delay_ms: int = ANSWER_MS


def ok(*lines: str, delay_ms: int = ANSWER_MS) -> Reply:
    return Reply(lines, "OK", delay_ms)


def cme(code: int, delay_ms: int = ANSWER_MS) -> Reply:
    return Reply((), f"+CME ERROR: {code}", delay_ms)


def cms(code: int, delay_ms: int = ANSWER_MS) -> Reply:
    return Reply((), f"+CMS ERROR: {code}", delay_ms)


ERROR = Reply((), "ERROR")


def split_line(line: str) -> list[Command] | None:
    """The commands of one line, without its AT; None where it cannot be read (5.2.1)."""
    commands = []
    at = 0
    while at < len(line):
        if line[at] in " ;":
            at += 1
            continue
        taken = _extended(line, at) if line[at] in "+*$^#" else _basic(line, at)
        if taken is None:
            return None
        command, at = taken
        commands.append(command)
    return commands


def _extended(line: str, at: int) -> tuple[Command, int]:
    end, quoted = at, False
    while end < len(line) and (quoted or line[end] != ";"):
        quoted ^= line[end] == '"'
        end += 1
    body = line[at:end].strip()
    name = body
    for mark in "=?":
        name = name.split(mark)[0]
    rest = body[len(name) :]
    op, args = rest, ""
    if rest.startswith("=") and rest != TEST:
        op, args = SET, rest[1:]
    return Command(name.strip().upper(), op, args), end


def _basic(line: str, at: int) -> tuple[Command, int] | None:
    start = at
    if line[at] == "&":
        at += 1
    if at >= len(line) or not line[at].isalpha():
        return None
    at += 1
    name = line[start:at].upper()
    if name == "D":
        end = line.find(";", at)
        end = len(line) if end < 0 else end + 1
        return Command(name, SET, line[at:end]), end
    digits = _digits(line, at)
    if name != "S":
        return Command(name, RUN, digits), at + len(digits)
    name, at = name + digits, at + len(digits)
    if line[at : at + 1] == "?":
        return Command(name, READ, ""), at + 1
    if line[at : at + 1] == "=":
        value = _digits(line, at + 1)
        return Command(name, SET, value), at + 1 + len(value)
    return None


def _digits(line: str, at: int) -> str:
    end = at
    while end < len(line) and line[end].isdecimal():
        end += 1
    return line[at:end]


def split_args(args: str) -> list[str]:
    """Parameters between commas, with the quotes of strings kept."""
    found, quoted = [""], False
    for char in args:
        quoted ^= char == '"'
        if char == "," and not quoted:
            found.append("")
        elif quoted or char not in " ":
            found[-1] += char
    return found


def string(arg: str) -> str | None:
    """What stands between quotes; None where it is no string."""
    if len(arg) >= 2 and arg[0] == arg[-1] == '"':
        return arg[1:-1]
    return None


class Setting(NamedTuple):
    """A command that only keeps numbers: what each may be, and what it is after power-on."""

    allowed: tuple[tuple[int, ...], ...]
    default: tuple[int, ...]


def settle(setting: Setting, values: list[int], command: Command) -> Reply:
    """Answer one command of a Setting; `values` is what it holds, changed in place."""
    label = command.name + ": "
    if command.op == TEST:
        return ok(label + ",".join(_range(allowed) for allowed in setting.allowed))
    if command.op == READ:
        return ok(label + ",".join(str(value) for value in values))
    if command.op != SET:
        return ERROR
    args = split_args(command.args)
    if len(args) > len(values):
        return ERROR
    wanted = list(values)
    for i, arg in enumerate(args):
        if arg == "":
            continue
        if not arg.isdecimal() or int(arg) not in setting.allowed[i]:
            return ERROR
        wanted[i] = int(arg)
    values[:] = wanted
    return ok()


def _range(allowed: tuple[int, ...]) -> str:
    first, last = allowed[0], allowed[-1]
    if len(allowed) > 2 and allowed == tuple(range(first, last + 1)):
        return f"({first}-{last})"
    return "(" + ",".join(str(value) for value in allowed) + ")"
