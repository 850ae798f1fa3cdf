"""What the region may see: no count under 5, and none that can be worked out."""

import csv
import io
import re
from html.parser import HTMLParser
from itertools import product

import pytest
from fleet_bench import registry
from harness import Rng, depth

from kit.fleet import devices, french, period, region, tally
from kit.fleet.period import Period
from kit.fleet.tally import Counts, Sums
from kit.fleet.withhold import LEAST, parts, single


def compositions(total, count):
    """Every way to add up `total` from so many parts."""
    if count == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in compositions(total - first, count - 1):
            yield (first, *rest)


def agrees(shown, other):
    return all(seen is None or seen == count for seen, count in zip(shown, other))


def test_every_small_table_of_parts():
    """Of each withheld count another table, with the same figures in public, has 5 or more."""
    tried = 0
    for total, count in product(range(14), (2, 3)):
        others = [list(other) for other in compositions(total, count)]
        for counts in others:
            shown = parts(total, counts)
            assert all(seen is None or seen == own for seen, own in zip(shown, counts))
            assert all(seen is None or seen >= LEAST for seen in shown)
            for place, seen in enumerate(shown):
                possible = [other[place] for other in others if agrees(shown, other)]
                if seen is None and total >= LEAST:
                    assert max(possible) >= LEAST and len(set(possible)) > 1, (counts, shown)
            tried += 1
    assert tried == 665


def test_nothing_is_withheld_without_need():
    assert parts(50, [20, 30]) == [20, 30]
    assert parts(50, [0, 50]) == [None, None]
    assert parts(30, [3, 7, 20]) == [None, None, 20]
    assert parts(31, [3, 2, 6, 20]) == [None, None, 6, 20]
    assert parts(30, [1, 2, 7, 20]) == [None, None, None, 20]
    assert parts(4, [4, 0]) == [None, None]
    assert single(4) is None and single(5) == 5


def table_of(sums):
    """The report's own figures, and what follows from them, for a table of counts."""
    c = sums.counts
    total = c.alerts + c.falls
    names = ["devices_out", "failures", "alerts_and_falls", "alerts", "falls"]
    values = [sums.out, c.failures, total, c.alerts, c.falls]
    causes = [c.false_alarms, total - c.false_alarms]
    return dict(
        zip([*names, "false_alarms", "other", *tally.CLASSES], [*values, *causes, *c.accepted])
    )


def test_random_reports_hold_nothing_small():
    rng = Rng(5)
    for _ in range(depth(20_000)):
        accepted = tuple(rng.below(rng.choice([2, 6, 30])) for _ in tally.CLASSES)
        total = sum(accepted)
        falls, false = rng.below(total + 1), rng.below(total + 1)
        sums = Sums(rng.below(12), 5, Counts(total - falls, falls, false, rng.below(9), accepted))
        shown, true = region.visible(sums), table_of(sums)
        assert list(shown) == list(true)
        for name, seen in shown.items():
            assert seen is None or (seen == true[name] and seen >= LEAST)
        for group in (("alerts", "falls"), ("false_alarms", "other"), tally.CLASSES):
            hidden = [name for name in group if shown[name] is None]
            assert total < LEAST or not hidden or sum(true[name] for name in hidden) >= LEAST
            assert len(hidden) != 1 and (total >= LEAST or len(hidden) == len(group))


def test_of_four_devices_nothing_is_told():
    counts = Counts(30, 20, 20, 10, (10, 10, 10, 10, 10))
    told = region.visible(Sums(6, 5, counts))
    assert all(told.values())
    told = region.visible(Sums(6, 4, counts))
    assert told.pop("devices_out") == 6 and not any(told.values())


@pytest.mark.parametrize(
    "every, name, first, last",
    [
        ("quarter", "2026-T1", "2026-01-01", "2026-03-31"),
        ("quarter", "2026-t4", "2026-10-01", "2026-12-31"),
        ("half-year", "2026-S2", "2026-07-01", "2026-12-31"),
        ("year", "2024", "2024-01-01", "2024-12-31"),
    ],
)
def test_periods(every, name, first, last):
    assert period.parse(name, every) == Period(name.upper(), first, last)


@pytest.mark.parametrize(
    "every, name", [("quarter", "2026-S1"), ("year", "2026-T1"), ("half-year", "2026-S3")]
)
def test_other_cuts_are_refused(every, name):
    with pytest.raises(ValueError, match="not a period as"):
        period.parse(name, every)


def test_periods_follow_each_other_without_a_gap():
    for every in period.EVERY:
        names = [f"20{year}" for year in range(24, 27)]
        if every != "year":
            count, letter = period.EVERY[every]
            names = [f"{y}-{letter}{n}" for y in names for n in range(1, count + 1)]
        found = [period.parse(name, every) for name in names]
        for one, after in zip(found, found[1:]):
            assert devices.date.fromisoformat(after.first) - devices.date.fromisoformat(
                one.last
            ) == devices.timedelta(days=1)
            assert period.last_over(after.first, every) == one
            assert period.last_over(after.last, every) == one


def test_what_was_counted_in_a_period_never_changes(tmp_path):
    desk = registry(tmp_path / "fleet.db")
    day = ["2026-06-30"]
    desk = desk._replace(now=lambda: day[0] + "T12:00:00Z")
    counts = Counts(1, 0, 1, 1, tally.classes(["10"]))
    contacts = devices.Contacts(1, 1)
    with desk.database.writing() as session:
        for number in range(6):
            serial = f"G-{number}"
            session.add(devices.Device(serial=serial, board="b", lot="", state="provisioned"))
            session.flush()
            devices.hand_over(session, desk, serial, f"{number}", contacts)
            tally.add(session, desk, serial, counts)
    first = period.parse("2026-S1", "half-year")
    with desk.database.writing() as session:
        before = tally.sums(session, first)
    assert before == Sums(6, 6, Counts(6, 0, 6, 6, (6, 0, 0, 0, 0)))
    day[0] = "2026-09-01"
    with desk.database.writing() as session:
        devices.take_back(session, desk, "G-0", False)
        devices.take_back(session, desk, "G-1", True)
        tally.add(session, desk, "G-0", counts)
        assert tally.sums(session, first) == before
        after = tally.sums(session, period.parse("2026-S2", "half-year"))
    assert after == Sums(4, 1, Counts(1, 0, 1, 1, (1, 0, 0, 0, 0)))


def test_classes_of_times():
    assert tally.classes(["0", "10", "11", "30", "31", "60", "61", "never"]) == (2, 2, 2, 1, 1)
    for wrong in ("-1", "1.5", "x", "", "²", "123456"):
        with pytest.raises(ValueError, match="not seconds"):
            tally.classes([wrong])


class Page(HTMLParser):
    """Tags that are open, those that there are, and the text."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


SUMS = Sums(23, 20, Counts(30, 2, 12, 4, (20, 6, 5, 1, 0)))
PERIOD = Period("2026-S1", "2026-01-01", "2026-06-30")


def test_the_page_stands_alone_and_says_what_the_table_says():
    counts = region.visible(SUMS)
    page = Page()
    page.feed(region.as_page("Asso <b>&", PERIOD, counts))
    assert not page.open
    text = " ".join(" ".join(page.text).split())
    assert "Asso <b>&" in text and "du 01/01/2026 au 30/06/2026" in text
    for name, count in counts.items():
        shown = french.WITHHELD if count is None else str(count)
        assert f"{french.LABELS[name]} {shown}" in text
    assert {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe"} == set()
    assert not any({"src", "href"} & set(attrs) for _, attrs in page.tags)
    assert "url(" not in region.as_page("A", PERIOD, counts)


def test_labels_and_counts_are_the_same_set():
    counts = region.visible(SUMS)
    assert set(counts) == set(french.LABELS)
    assert sorted(counts) == sorted(name for _, names in french.SECTIONS for name in names)


def test_csv_and_json_say_the_same():
    counts = region.visible(SUMS)
    rows = list(csv.DictReader(io.StringIO(region.as_csv(PERIOD, counts))))
    assert {row["count_of"]: int(row["count"]) if row["count"] else None for row in rows} == counts
    assert region.as_json("A", PERIOD, counts)["counts"] == counts
    assert counts["failures"] is None and counts["falls"] is None and counts["alerts"] is None
    assert counts["later"] is None and counts["never"] is None and counts["within_60"] is None
    assert not re.search(r"\b[0-4]\b", " ".join(row["count"] for row in rows))
