"""`python -m tools.falls train`, and the folds of a cross-validation, on few made recordings.

What is written must be what was fitted: the same on every run, read by CPython as the firmware
reads it, and with the scores of the networks in floating point but for their rounding.
"""

import os
import re
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="NOT RUN: training of falls (the extra `falls`)")

import falls_npz as make
import numpy as np
import sklearn
from harness import Rng, depth

from firmware.policy import fall_model
from tools.falls import __main__ as falls
from tools.falls import examples, folds, pipeline, training
from tools.falls.pipeline import Job

DATA = Path(os.environ.get("GALET_DATA", "../shared/data")) / "falls"
PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
PEOPLE = "ABC"
ROUNDING = 40  # of a score, 100 x log odds


def trials(people=PEOPLE, placement="waist"):
    """Falls turn and lie; activities knock, and stand as before."""
    rng = Rng(7)
    rows = []
    for subject in people:
        for trial in range(6):
            blow = make.bump(shaken(10, rng), 4 + rng.below(10) / 10, 3 + rng.below(30) / 10)
            rows.append(make.row(make.turned(blow, 4.5), "F01", subject, 25, trial, placement))
            knock = make.bump(shaken(10, rng), 4, 2 + rng.below(30) / 10)
            rows.append(make.row(knock, "D01", subject, 25, trial, placement))
    return rows


def shaken(seconds, rng):
    counts = make.still(seconds)
    for index in range(0, len(counts), 10):
        counts[index : index + 10, rng.below(3)] += rng.below(30) - 15
    return counts


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    return make.save(tmp_path_factory.mktemp("data") / "few.npz", trials())


def train(path, out):
    assert falls.main(["train", "--data", str(path), "--out", str(out)]) == 0
    (written,) = out.iterdir()
    return written


def constants(source):
    names = {}
    exec(compile(source.read_text(), str(source), "exec"), names)
    return names["CONSTANTS"]


# -- what is written


def test_two_runs_write_the_same_and_what_it_was_made_of(recordings, tmp_path, capsys):
    first = train(recordings, tmp_path / "a")
    again = train(recordings, tmp_path / "b/deep")
    assert first.name == "fall_trunk.py" and first.read_bytes() == again.read_bytes()
    text = first.read_text()
    for part in ("few.npz", f"scikit-learn {sklearn.__version__}", "3 people", "Acted falls"):
        assert part in text, part
    assert "from " in capsys.readouterr().err
    assert max(map(len, text.splitlines())) <= 99


def test_what_is_written_is_what_was_fitted(recordings, tmp_path, monkeypatch):
    kept = []
    rounded = training._rounded
    monkeypatch.setattr(training, "_rounded", lambda *given: kept.append(given) or rounded(*given))
    made = constants(train(recordings, tmp_path))
    assert made == tuple(rounded(*kept[0]))
    assert made[0] == training.THRESHOLDS["trunk"]


def test_the_firmware_judges_as_the_networks_do_but_for_rounding(
    recordings, tmp_path, monkeypatch
):
    kept = []
    rounded = training._rounded
    monkeypatch.setattr(training, "_rounded", lambda *given: kept.append(given) or rounded(*given))
    model = fall_model.Model(constants(train(recordings, tmp_path)))
    networks, medians, scales = kept[0][:3]
    found = examples.load(recordings, "waist")
    features = found.features.reshape(-1, found.features.shape[2])
    steps = ((features - medians) * scales // 1024).clip(-127, 127)
    inputs = steps * (training.SPREADS / 127)
    want = 100 * np.mean([log_odds(one, inputs) for one in networks], axis=0)
    got = np.array([model.score([int(value) for value in row]) for row in features])
    assert want.max() - want.min() > 10 * ROUNDING
    assert abs(got - want).max() < ROUNDING, abs(got - want).max()
    assert abs(np.mean(got - want)) < ROUNDING / 4


def log_odds(network, inputs):
    hidden = np.maximum(0, inputs @ network.coefs_[0] + network.intercepts_[0])
    odds = hidden @ network.coefs_[1][:, 0] + network.intercepts_[1][0]
    shares = network.predict_proba(inputs)[:, 1]
    assert np.allclose(1 / (1 + np.exp(-odds)), shares)
    return odds


@pytest.mark.parametrize(
    "places, kind",
    [
        (("waist",), "trunk"),
        (("chest",), "trunk"),
        (("pocket",), "pocket"),
        (("pocket", "waist"), "pocket"),
    ],
)
def test_which_model_a_file_makes(places, kind, tmp_path):
    rows = [row for where in places for row in trials("AB", where)]
    path = make.save(tmp_path / "worn.npz", rows)
    written = train(path, tmp_path / "out")
    assert written.name == f"fall_{kind}.py"
    assert constants(written)[0] == training.THRESHOLDS[kind]


def test_what_cannot_be_fitted_is_one_line_and_exit_2(tmp_path, capsys):
    quiet, rows = make.still(10), trials("A")
    falls_only = [row for row in rows if row["activity"] == "F01"]
    cases = [
        ("quiet", [make.row(quiet, "D01"), make.row(quiet, "F01")], "finds no impact"),
        ("falls", falls_only, "falls and activities"),
        ("ankle", [make.row(quiet, "D01", placement="ankle")], "but at ankle"),
    ]
    for name, some, want in cases:
        path = make.save(tmp_path / f"{name}.npz", some)
        assert falls.main(["train", "--data", str(path), "--out", str(tmp_path / name)]) == 2
        said = capsys.readouterr()
        assert said.err.count("\n") == 1 and want in said.err, said.err
    (tmp_path / "file").touch()
    path = make.save(tmp_path / "good.npz", rows)
    assert falls.main(["train", "--data", str(path), "--out", str(tmp_path / "file")]) == 2
    assert "File exists" in capsys.readouterr().err


# -- the examples


def test_an_example_is_an_impact_and_who_had_it(recordings):
    found = examples.load(recordings, "waist")
    variants, impacts, _ = found.features.shape
    assert variants == 7 and impacts == len(found.subject) == len(found.is_fall)
    assert {str(one) for one in found.subject} == set(PEOPLE)
    assert 0.4 < found.is_fall.mean() < 0.6


def test_the_seed_decides_the_variations_not_what_was_recorded(recordings):
    one, same, other = (examples.load(recordings, "waist", seed) for seed in (0, 0, 1))
    assert (one.features == same.features).all()
    assert (one.features[0] == other.features[0]).all()
    assert (one.features[1:] != other.features[1:]).any(axis=(1, 2)).all()


def test_what_comes_just_before_or_after_a_fall_is_neither(tmp_path):
    counts = make.turned(make.bump(make.still(30), 15, 6), 15.2)
    alone = make.save(tmp_path / "alone.npz", [make.row(counts, "F01")])
    near = make.save(tmp_path / "near.npz", [make.row(make.bump(counts, 20, 4), "F01")])
    early = make.save(tmp_path / "early.npz", [make.row(make.bump(counts, 5, 4), "F01")])
    assert examples.load(alone, "waist").is_fall.tolist() == [True]
    assert examples.load(near, "waist").is_fall.tolist() == [True]
    assert examples.load(early, "waist").is_fall.tolist() == [False, True]


def test_activities_cut_together_are_no_falls_but_examples(tmp_path):
    """A knock near the end of one and somebody else's posture in the next: seen at the seam."""
    knocks = [make.row(make.bump(make.still(8), 6.5, 5), "D01", trial=k) for k in range(4)]
    apart = make.save(tmp_path / "apart.npz", knocks[:1])
    one = examples.load(apart, "waist")
    together = examples.load(make.save(tmp_path / "four.npz", knocks), "waist")
    assert one.is_fall.tolist() == [False]
    assert len(together.is_fall) == 4 + 3 and not together.is_fall.any()  # and 3 seams
    pocket = [{**row, "placement": "pocket"} for row in knocks]
    few = examples.load(make.save(tmp_path / "pocket.npz", pocket), "pocket")
    assert len(few.is_fall) == 4


# -- the folds


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(folds, "FOLDER", tmp_path / "folds")
    return tmp_path


def test_nobody_is_judged_by_a_model_that_knows_them(recordings, folder, capsys, monkeypatch):
    seen = []
    fit = training.fit

    def spy(found, kind):
        seen.append({str(one) for one in found.subject})
        return fit(found, kind)._replace(threshold=len(seen))

    monkeypatch.setattr(training, "fit", spy)
    made = folds.constants(recordings, "waist")
    assert sorted(made) == list(PEOPLE) and len(seen) == 3
    for person, model in made.items():
        assert person not in seen[model.threshold - 1]
        assert len(seen[model.threshold - 1]) == 2
    assert "only 3 people" in capsys.readouterr().err


def test_folds_are_fitted_once_and_again_for_other_data(recordings, folder, monkeypatch, capsys):
    first = folds.constants(recordings, "waist")
    monkeypatch.setattr(training, "fit", None)
    assert folds.constants(recordings, "waist") == first
    said = capsys.readouterr().err
    assert "as fitted before" in said and said.count("only 3 people") == 2
    other = make.save(folder / "other.npz", trials("ABD"))
    with pytest.raises(TypeError):
        folds.constants(other, "waist")


def test_who_never_had_an_impact_is_judged_all_the_same(folder, capsys):
    rows = [*trials("ABCD"), make.row(make.still(10), "D01", "E")]
    path = make.save(folder / "still.npz", rows)
    made = folds.constants(path, "waist")
    assert sorted(made) == list("ABCDE") and made["E"] in [made[one] for one in "ABCD"]
    played = pipeline.run(Job(path, "waist", models=made))
    assert len(played) == len(rows)
    assert "only" not in capsys.readouterr().err


def test_a_fold_without_falls_is_one_line(folder, capsys):
    rows = trials("AB")
    some = [row for row in rows if row["subject"] == "A" or row["activity"] == "D01"]
    path = make.save(folder / "one.npz", some)
    assert falls.main(["evaluate", "--data", str(path), "--cross-validate"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and "too little to refit" in said.err and "Traceback" not in said.err


# -- what is shipped


@pytest.mark.skipif(depth(100) < 100, reason="at full depth only: the shipped constants anew")
@pytest.mark.skipif(not DATA.is_dir(), reason="NOT RUN: recordings of falls (GALET_DATA)")
@pytest.mark.parametrize("data", ["sisfall_dev.npz", "umafall_dev.npz"])
def test_the_shipped_constants_are_those_of_a_fresh_training(data, tmp_path):
    written = train(DATA / data, tmp_path)
    shipped = training.POLICY / written.name
    if versions(shipped) != versions(written):
        pytest.skip(f"NOT RUN: {shipped.name} was made with {versions(shipped)}")
    assert written.read_bytes() == shipped.read_bytes()


def versions(source):
    return re.search(r"\((scikit-learn [^)]*)\)", source.read_text())[1]


def test_the_extra_train_pins_the_versions_of_the_constants():
    extra = re.search(r"^train = \[(.*?)\]", PYPROJECT.read_text(), re.MULTILINE | re.DOTALL)[1]
    for name in ("trunk", "pocket"):
        for each in versions(training.POLICY / f"fall_{name}.py").split(", "):
            assert f'"{each.replace(" ", "==")}' in extra, (name, each)
