"""`make bench-falls`: what it writes, judges and always says; on small recordings of its own."""

import json

import pytest

pytest.importorskip("matplotlib", reason="NOT RUN: bench of falls (the extra `falls`)")

import falls_npz as make
from test_falls_evaluate import PLACES, Plain

from tools.falls import bench, evaluate, pipeline, streams, table, variants
from tools.falls.conditions import Conditions

QUIET = make.still(6)
FALL = make.turned(make.bump(QUIET, 3, 6), 3.1)


class Device(Plain):
    def __init__(self, job, subject=None):
        super().__init__(job, subject)
        if job.models is None:
            assert subject is None or job.placement in ("waist", "chest", "pocket")


@pytest.fixture
def setting(tmp_path, monkeypatch):
    rows = [make.row(FALL, "F01"), make.row(FALL, "F01", "B", 63), make.row(QUIET, "D01")]
    make.save(tmp_path / variants.SISFALL, [*rows, make.row(QUIET, "D02", "B", 63)])
    worn = [
        make.row(counts, activity, placement=where)
        for where in ("waist", "chest", "pocket")
        for counts, activity in ((FALL, "F01"), (QUIET, "D01"))
    ]
    make.save(tmp_path / variants.UMAFALL, worn)
    monkeypatch.setattr(pipeline, "make_device", Device)
    monkeypatch.setattr(evaluate, "models_without", lambda job: {"A": 1, "B": 2})
    monkeypatch.setattr(evaluate, "CONSTANTS", dict.fromkeys(PLACES, __file__))
    monkeypatch.setattr(bench, "DATA", tmp_path)
    monkeypatch.setattr(bench, "OUT", tmp_path / "build/falls.json")
    monkeypatch.setattr(bench, "PICTURE", tmp_path / "build/falls.png")
    return tmp_path


def washes(monkeypatch, alarms=0, hours=2.0):
    """Every washing machine gives so many alarms; returns the list of those that were asked."""
    asked = []

    def synthetic(*given):
        asked.append(given)
        return streams.Heard(alarms, hours)

    monkeypatch.setattr(streams, "synthetic", synthetic)
    return asked


def test_a_table_a_file_a_picture_and_the_honest_words(setting, capsys, monkeypatch):
    asked = washes(monkeypatch)
    assert bench.main(["--jobs", "1"]) == 0
    out = capsys.readouterr().out
    found = json.loads((setting / "build/falls.json").read_text())
    for words in (out, found["caution"]):
        for part in ("acted", "Bagala 2012", "Scheurer 2019", "Kangas 2015"):
            assert part in words
    names = [row["name"] for row in found["rows"]]
    assert names == [variant.name for variant in variants.variants()]
    assert all(name in out for name in names)
    assert {study["study"] for study in found["real_life"]} > {"Bagala 2012"}
    assert [one["fp"] for one in found["streams"]] == [0, 0, 0, 0] and found["missed"] == []
    assert [one["hours"] for one in found["streams"][2:]] == [10, 10]
    seeds = [("washing_machine", 7200, where, seed) for where in PLACES[::2] for seed in range(6)]
    assert asked == [one for one in seeds if one[3]]
    assert len(found["curves"]) == 4 and found["curves"][0]["points"]
    assert (setting / "build/falls.png").read_bytes().startswith(b"\x89PNG")
    first = found["rows"][0]
    assert first["cross_validated"] and first["ci95"]["sensitivity"][0] < 1
    assert len(first["limits"]) == 5 and all(limit["held"] for limit in first["limits"])


def test_each_limit_can_be_missed(setting, capsys, monkeypatch):
    loud = make.bump(QUIET, 2, 6)
    rows = [make.row(FALL, "F01"), make.row(QUIET, "F02"), make.row(loud, "D01", "B", 70)]
    make.save(setting / variants.SISFALL, rows)
    washes(monkeypatch, 1)
    monkeypatch.setattr(streams, "activities", lambda *_: streams.Heard(3, 2.0))
    monkeypatch.setattr(Plain, "wait_ms", 5010)
    assert bench.main(["--jobs", "1"]) == 1
    err = capsys.readouterr().err
    for figure in (
        "sisfall: sensitivity is 0.5",
        "sisfall: specificity is 0.0",
        "sisfall: false_alarms_per_hour is",
        "sisfall: fp_60_and_over is 1",
        "sisfall: decision_s_max is 5.01, at most 5.0",
        "sisfall, as shipped: decision_s_max is 5.01",
        "sisfall, 1 % lost: decision_s_max is 5.01",
        "umafall chest, 50 Hz: decision_s_max is 5.01",
        "sisfall: activities shuffled, in one stream: elsewhere is 3, at most 1",
        "sisfall, as shipped: activities shuffled, in one stream: elsewhere is 3, at most 1",
        "washing machine, synthetic, waist, 5 of them: fp is 5, at most 0",
        "washing machine, synthetic, pocket, 5 of them: fp is 5, at most 0",
    ):
        assert f"beyond its limit: {figure}" in err, figure


def test_too_many_alarms_at_seams_are_no_longer_chance(setting, capsys):
    one = bench.Bench(setting, bench.Plan(), 1)
    job = bench.variants(False)[1]
    for alarms, missed in ((3, 0), (9, 1)):
        heard = streams.Heard(alarms, 8.8, at_seams=alarms)
        one.rows[:] = [{"name": job.name, "fp": 0, "ci95": {"false_alarms_per_hour": [0.0, 0.42]}}]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bench.Bench, "job", lambda *_: None)
            patch.setattr(streams, "activities", lambda *_, heard=heard: heard)
            one.one_stream(job)
        assert len(one.missed) == missed


def test_what_a_condition_costs_is_judged(setting):
    one = bench.Bench(setting, bench.Plan(), 1)
    one.rows.append({"name": "sisfall", "sensitivity": 1.0, "specificity": 0.9})
    assert one._cost({"sensitivity": 0.985, "specificity": 0.9}, "sisfall") == 1.5
    assert one._cost({"sensitivity": 1.0, "specificity": 0.88}, "sisfall") == 2.0
    assert one._cost({"sensitivity": 1.0, "specificity": 1.0}, "") is None
    for cost, held in ((0.999, True), (1.0, False), (-0.5, True), (None, False)):
        row = {"name": "x", "cost_points": cost}
        assert one._judge(row, variants._COST[:1])[0]["held"] is held, cost
    assert one.missed[0] == "x: cost_points is 1.0, below 1.0"


def test_a_quick_run_refits_nothing_and_judges_little(setting, capsys, monkeypatch):
    monkeypatch.setenv("GALET_DEPTH", "50")
    monkeypatch.setattr(evaluate, "models_without", None)
    monkeypatch.setattr(streams, "activities", lambda *_: streams.Heard(3, 2.0))
    asked = washes(monkeypatch)
    make.save(setting / variants.SISFALL, [make.row(QUIET, "F01"), make.row(FALL, "D01")])
    monkeypatch.setattr(Plain, "wait_ms", 5000)
    assert bench.main(["--jobs", "1", "--quick"]) == 0
    said = capsys.readouterr()
    assert "as shipped, one of 2 recordings" in said.out and "beyond" not in said.err
    assert asked == [("washing_machine", 1800, where, 1) for where in ("waist", "pocket")]
    found = json.loads((setting / "build/falls.json").read_text())
    assert found["quick"] and not any(row["cross_validated"] for row in found["rows"])


def test_a_quick_run_still_judges_the_washing_machine(setting, capsys, monkeypatch):
    washes(monkeypatch, 1)
    assert bench.main(["--jobs", "1", "--quick"]) == 1
    err = capsys.readouterr().err
    assert err.count("beyond") == 2 and "washing machine, synthetic, pocket" in err


def test_the_table_has_the_wider_interval_and_the_bound_of_the_old():
    figures = {"sensitivity": 0.9, "specificity": 1.0, "false_alarms_per_hour": 0.0}
    by_trials = {"sensitivity": [0.85, 0.95], "specificity": [0.99, 1], **RATE}
    by_people = {"sensitivity": [0.8, 1], "specificity": [1, 1], "false_alarms_per_hour": [0, 0]}
    old = {"fp": 0, "ci95": {"false_alarms_per_hour": [0, 1.234]}}
    more = {"cost_points": None, "decision_s_max": 4.7, "seconds": 3, "name": "x"}
    row = {**figures, "ci95": by_trials, "ci95_by_subject": by_people, **more}
    text = table.line({**row, "by_age_group": {"60 and over": old}})
    assert "90.00 (80.00-100.00)" in text and "100.00 (99.00-100.00)" in text
    assert "0.00 (0.00-0.70)" in text and "0 (<1.23)" in text and " 4.70 " in text
    assert "<" not in table.line({**row, "by_age_group": {}})


RATE = {"false_alarms_per_hour": [0, 0.7]}


# -- streams


def test_a_cross_validation_has_a_stream_for_each_fold(setting):
    loud = make.bump(QUIET, 2, 6)
    people = [(one, loud if one == "C" else QUIET) for one in "ABCD"]
    rows = [make.row(counts, "D01", one) for one, counts in people]
    path = make.save(setting / "four.npz", [*rows, make.row(FALL, "F01")])
    Plain.made = []
    job = pipeline.Job(path, "waist", models={"A": 1, "B": 2, "C": 2, "D": 1})
    heard = streams.activities(job)
    assert heard == (1, pytest.approx(24 / 3600), 1, 0)  # 2 s after a seam
    assert [one.model for one in Plain.made] == [1, 2]
    assert [len(one.heard) for one in Plain.made] == [1200, 1200]
    Plain.made = []
    assert streams.activities(job._replace(models=None)) == heard
    assert [len(one.heard) for one in Plain.made] == [2400]


def test_an_alarm_far_from_a_seam_is_of_one_recording(setting):
    long = make.still(30)
    for counts, at_seams in (
        (make.bump(long, 15, 6), 0),
        (make.bump(long, 2.5, 6), 1),  # what it sees begins before this recording
        (make.bump(long, 28, 6), 1),
    ):
        rows = [make.row(counts, "D01"), make.row(counts, "D02"), make.row(FALL, "F01")]
        path = make.save(setting / "two.npz", rows)
        heard = streams.activities(pipeline.Job(path, "waist"))
        assert heard == (2, pytest.approx(60 / 3600), at_seams, 0)


def test_a_fault_of_the_chip_ends_no_washing_machine(setting, monkeypatch):
    monkeypatch.setattr(Plain, "faults", 2, raising=False)
    assert streams.total(streams.synthetic, [("walk", 60)] * 3, 1).faults == 6
    assert [one.strict for one in Plain.made[-3:]] == [False] * 3


def test_what_breaks_in_a_stream_is_one_line_and_exit_2(setting, monkeypatch, capsys):
    def broken(*_):
        raise pipeline.Broken("the service tells of a fault: bus")

    monkeypatch.setattr(streams, "activities", broken)
    assert bench.main(["--jobs", "1", "--quick"]) == 2
    assert capsys.readouterr().err.endswith(
        "tools.falls.bench: the service tells of a fault: bus\n"
    )


def test_several_streams_are_the_same_on_several_processes():
    given = [("walk", 30, "waist", 1), ("walk", 30, "pocket", 2)]
    heard = streams.total(streams.synthetic, given, 2)
    assert heard == streams.total(streams.synthetic, given, 1)
    assert heard.hours == pytest.approx(2 / 60)  # whole minutes


def test_without_the_recordings_it_says_so(setting, capsys, monkeypatch):
    monkeypatch.setattr(bench, "DATA", setting / "nowhere")
    assert bench.main([]) == 0
    assert "NOT RUN" in capsys.readouterr().err


ROBUST = (
    Conditions(rotate=True),
    Conditions(mixed_mg=80),
    Conditions(lost=0.01),
    Conditions(rate=50),
)


def test_each_robustness_of_the_list_has_its_variant_and_its_limit():
    shifted = [Conditions(offset_mg=(by, by, by)) for by in (80, -80)]
    for base, wanted in (
        ("sisfall", (*ROBUST, *shifted, Conditions(quantise_mg=12))),
        ("umafall waist", ROBUST),
        ("umafall chest", ROBUST),
    ):
        plain = next(one for one in variants.variants() if one.name == base)
        for under in wanted:
            same = plain._replace(name="", under=under, limits=variants._COST, against=base)
            found = [one for one in variants.variants() if one._replace(name="") == same]
            assert len(found) == 1, (base, under)
    assert variants._COST[0] == ("cost_points", "below", 1.0)


def test_every_decision_is_judged_but_one():
    for one in variants.variants():
        assert (variants.DECIDED in one.limits) is not one.under.set_down, one.name
    for one in variants.variants(quick=True):
        assert set(one.limits) <= {variants.DECIDED}
