"""Every command of the kit says how it is used, with examples that the command line accepts.

The commands are found by walking the parsers, so that a new one is tested without being named.
"""

import argparse
import re
import shlex
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

from kit.__main__ import main

ROOT = Path(__file__).resolve().parents[2]


class Caught(Exception):
    """Carries the parser instead of what it parsed."""


@lru_cache(maxsize=None)
def commands():
    """{words after `python -m kit`: parser} of the kit and of all its commands."""
    original = argparse.ArgumentParser.parse_args

    def parse_args(self, *_args, **_more):
        raise Caught(self)

    argparse.ArgumentParser.parse_args = parse_args
    try:
        main([])
    except Caught as caught:
        return dict(walk((), caught.args[0]))
    finally:
        argparse.ArgumentParser.parse_args = original
    raise AssertionError("no parser was asked")


def walk(words, parser):
    yield words, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                yield from walk((*words, name), sub)


def examples(text):
    """The words of each `python -m kit` line; a backslash at its end goes on in the next."""
    joined = re.sub(r"\\\n\s*", " ", text)
    return re.findall(r"^ *python -m kit (.*)$", joined, re.M)


def test_the_walk_finds_the_commands():
    assert {("verify",), ("fleet",), ("fleet", "import"), ("fleet", "report")} <= set(commands())


@pytest.mark.parametrize("words", sorted(commands()), ids=lambda words: " ".join(words) or "kit")
def test_help_has_an_example_of_the_command(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    told = capsys.readouterr()
    assert (ended.value.code, told.err) == (0, "")
    found = [shlex.split(line) for line in examples(told.out)]
    assert any(tuple(line[: len(words)]) == words for line in found), told.out


@pytest.mark.parametrize("words", sorted(commands()), ids=lambda words: " ".join(words) or "kit")
def test_the_examples_are_accepted(words):
    parser = commands()[()]
    for line in examples(commands()[words].format_help()):
        filled = line.replace("HEX", "ab" * 32)
        parser.parse_args(shlex.split(filled))


def test_help_needs_nothing_installed():
    """Only what every installation has; the extras are loaded by those who use them."""
    extras = ("sqlalchemy", "psycopg", "numpy", "jinja2")
    code = f"import sys; sys.modules.update(dict.fromkeys({extras!r})); import runpy\n"
    code += "sys.argv = ['kit', 'fleet', 'import', '--help']\n"
    code += "runpy.run_module('kit', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "") and "devices.csv" in done.stdout
