"""`make bench-falls`: what it writes, judges and always says; on small recordings of its own."""

import json

import pytest

pytest.importorskip("matplotlib", reason="NOT RUN: bench of falls (the extra `falls`)")

import falls_npz as make
from test_falls_evaluate import PLACES, Plain

from tools.falls import bench, evaluate, pipeline
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
    make.save(tmp_path / bench.SISFALL, [*rows, make.row(QUIET, "D02", "B", 63)])
    worn = [
        make.row(counts, activity, placement=where)
        for where in ("waist", "chest", "pocket")
        for counts, activity in ((FALL, "F01"), (QUIET, "D01"))
    ]
    make.save(tmp_path / bench.UMAFALL, worn)
    monkeypatch.setattr(pipeline, "make_device", Device)
    monkeypatch.setattr(evaluate, "models_without", lambda job: {"A": 1, "B": 2})
    monkeypatch.setattr(evaluate, "CONSTANTS", dict.fromkeys(PLACES, __file__))
    monkeypatch.setattr(bench, "DATA", tmp_path)
    monkeypatch.setattr(bench, "OUT", tmp_path / "build/falls.json")
    monkeypatch.setattr(bench, "PICTURE", tmp_path / "build/falls.png")
    monkeypatch.setattr(bench, "WASHING_S", 60)
    return tmp_path


def test_a_table_a_file_a_picture_and_the_honest_words(setting, capsys, monkeypatch):
    monkeypatch.setattr(bench.streams, "synthetic", lambda *_: bench.streams.Heard(0, 2.0))
    assert bench.main(["--jobs", "1"]) == 0
    out = capsys.readouterr().out
    found = json.loads((setting / "build/falls.json").read_text())
    for words in (out, found["caution"]):
        for part in ("acted", "Bagala 2012", "Scheurer 2019", "Kangas 2015"):
            assert part in words
    names = [row["name"] for row in found["rows"]]
    assert names == [variant.name for variant in bench.variants()]
    assert all(name in out for name in names)
    assert {study["study"] for study in found["real_life"]} > {"Bagala 2012"}
    assert [one["fp"] for one in found["streams"]] == [0, 0] and found["missed"] == []
    assert len(found["curves"]) == 4 and found["curves"][0]["points"]
    assert (setting / "build/falls.png").read_bytes().startswith(b"\x89PNG")
    first = found["rows"][0]
    assert first["cross_validated"] and first["ci95"]["sensitivity"][0] < 1
    assert len(first["limits"]) == 4 and all(limit["held"] for limit in first["limits"])


def test_each_limit_can_be_missed(setting, capsys, monkeypatch):
    loud = make.bump(QUIET, 2, 6)
    rows = [make.row(FALL, "F01"), make.row(QUIET, "F02"), make.row(loud, "D01", "B", 70)]
    make.save(setting / bench.SISFALL, rows)
    monkeypatch.setattr(bench.streams, "synthetic", lambda *_: bench.streams.Heard(1, 2.0))
    assert bench.main(["--jobs", "1"]) == 1
    err = capsys.readouterr().err
    for figure in (
        "sisfall: sensitivity is 0.5",
        "sisfall: specificity is 0.0",
        "sisfall: false_alarms_per_hour is",
        "sisfall: fp_60_and_over is 1",
        "washing machine: 1 alarms",
    ):
        assert f"beyond its limit: {figure}" in err, figure


def test_what_a_condition_costs_is_judged(setting):
    one = bench.Bench(setting, 1, 1)
    one.rows.append({"name": "sisfall", "sensitivity": 1.0, "specificity": 0.9})
    assert one._cost({"sensitivity": 0.985, "specificity": 0.9}, "sisfall") == 1.5
    assert one._cost({"sensitivity": 1.0, "specificity": 0.88}, "sisfall") == 2.0
    assert one._cost({"sensitivity": 1.0, "specificity": 1.0}, "") is None
    row = {"name": "x", "cost_points": 1.5}
    assert not one._judge(row, bench._COST)[0]["held"] and one.missed


def test_a_quick_run_judges_nothing(setting, capsys, monkeypatch):
    monkeypatch.setenv("GALET_DEPTH", "50")
    monkeypatch.setattr(bench.streams, "synthetic", lambda *_: bench.streams.Heard(1, 2.0))
    assert bench.main(["--jobs", "1", "--quick"]) == 0
    said = capsys.readouterr()
    assert "one of 2 recordings only: no limit is judged" in said.out
    assert "beyond" not in said.err


def test_without_the_recordings_it_says_so(setting, capsys, monkeypatch):
    monkeypatch.setattr(bench, "DATA", setting / "nowhere")
    assert bench.main([]) == 0
    assert "NOT RUN" in capsys.readouterr().err


def test_each_robustness_of_the_list_has_its_variant():
    conditions = [variant.under for variant in bench.variants()]
    for wanted in (
        Conditions(),
        Conditions(asleep=True),
        Conditions(rotate=True),
        Conditions(offset_mg=(80, 80, 80)),
        Conditions(quantise_mg=12),
        Conditions(lost=0.01),
        Conditions(rate=50),
    ):
        assert wanted in conditions
