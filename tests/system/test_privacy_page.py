"""PRIVACY.md and SECURITY.md promise only what is there: commands, files, and times."""

import re
from pathlib import Path

import pytest

from kit import __main__ as kit
from kit.fleet.retention import Keep

ROOT = Path(__file__).resolve().parents[2]
PAGES = {name: (ROOT / name).read_text() for name in ("PRIVACY.md", "SECURITY.md")}


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name):
    links = re.findall(r"\]\(([^)]+)\)", PAGES[name])
    assert links
    for link in links:
        assert (ROOT / link.partition("#")[0]).is_file(), link


@pytest.mark.parametrize("name", PAGES)
def test_every_command_that_is_named_is_there(name):
    named = set(re.findall(r"`kit ([a-z]+(?: [a-z]+)?)`", PAGES[name]))
    assert named
    for command in sorted(named):
        with pytest.raises(SystemExit) as ended:
            kit.main([*command.split(), "--help"])
        assert ended.value.code == 0, command


def test_what_is_forgotten_is_forgotten_when_it_says():
    page, keep = PAGES["PRIVACY.md"], Keep()
    for what, days in (("case number", keep.case), ("access log", keep.log)):
        assert re.search(rf"^\| {what}[^|]*\| {days} days", page, re.MULTILINE), what
    assert re.search(rf"^\| custody log[^|]*\| {keep.custody} days", page, re.MULTILINE)


def test_french_comes_first_and_every_table_is_whole():
    assert PAGES["PRIVACY.md"].index("## En bref") < PAGES["PRIVACY.md"].index("## Who is")
    for name, page in PAGES.items():
        for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
            cells = {line.count("|") - line.count(r"\|") for line in table.splitlines()}
            assert len(cells) == 1, (name, table.splitlines()[0])
