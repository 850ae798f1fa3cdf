"""What the accelerometer is made to feel: physics, the same for all who ask, and recordings."""

import math
from random import Random

import pytest
from harness import depth

from simulator.motion import recorded
from simulator.motion.body import Body
from simulator.motion.kinds import FALLS, KINDS
from simulator.motion.recorded import RecordedError, Selection
from simulator.motion.vectors import IDENTITY, euler, random_rotation
from simulator.motion.wave import Canvas
from simulator.scenario import parse
from simulator.stage import Stage
from simulator.tree import ScenarioError

SEEDS = range(1, 1 + depth(1000))
AT_MS = 3000  # when the motion under test begins
G_MG = 1000


def body(seed=1, kind="worn"):
    return Body(lambda name: Random(f"{seed}/{name}"), kind)


def size(felt):
    return math.dist(felt, (0, 0, 0))


def angle_deg(a, b):
    cosine = sum(x * y for x, y in zip(a, b)) / size(a) / size(b)
    return math.degrees(math.acos(max(-1, min(1, cosine))))


def mean(samples):
    return [sum(axis) / len(samples) for axis in zip(*samples)]


def felt(kind, seed=1, before="stand_up", for_ms=20_000, interval_ms=10):
    """What is felt from the beginning of a motion on, after something else."""
    one, samples = body(seed, before), []
    for at_ms in range(interval_ms, AT_MS + for_ms + 1, interval_ms):
        if at_ms - interval_ms == AT_MS:
            one.set(kind, AT_MS)
        samples.append(one.mg(at_ms, interval_ms))
    return samples[AT_MS // interval_ms :]


# -- physics ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_on_a_table_nothing_ever_changes(seed):
    one = body(seed, "still")
    first = one.mg(10, 10)
    assert size(first) == pytest.approx(G_MG)
    assert all(one.mg(at_ms, 10) == first for at_ms in (20, 5000, 10**7))
    assert one.quiet_until(20) is None


@pytest.mark.parametrize("kind", ("worn", "stand_up", "lie_down"))
def test_at_rest_1_g_is_felt_and_posture_shifts_are_rare(kind):
    one = body(3, kind)
    one.mg(30_000, 10)
    sizes = [size(one.mg(at_ms, 100)) for at_ms in range(30_100, 3_600_000, 100)]
    assert G_MG * 0.998 < sum(sizes) / len(sizes) < G_MG * 1.002
    assert max(sizes) < 1500 and min(sizes) > 500
    shifts = sum(abs(b - a) > 15 for a, b in zip(sizes, sizes[1:]))
    assert 5 < shifts < 1000


@pytest.mark.parametrize("kind", FALLS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_fall_is_weight_lost_then_a_blow_then_lying(kind, seed):
    before = "walk" if kind == "slip" else "stand_up"
    samples = felt(kind, seed, before)
    sizes = [size(sample) for sample in samples]
    blow = sizes.index(max(sizes))
    faint = kind == "fall_faint"
    assert (1500 if faint else 3000) < sizes[blow] < 12_000
    assert min(sizes[max(0, blow - 150) : blow]) < (800 if faint else 650)
    lies = mean(samples[-300:])
    assert 55 < angle_deg(lies, (0, -1, 0)) < 125
    assert max(abs(value - G_MG) for value in sizes[-300:]) < 30
    assert abs(size(lies) - G_MG) < 10


@pytest.mark.parametrize("kind,side", (("fall_forward", (0, 0, -1)), ("fall_back", (0, 0, 1))))
def test_she_lies_on_the_side_that_she_fell_to(kind, side):
    for seed in SEEDS:
        assert angle_deg(felt(kind, seed)[-1], side) < 50


def test_the_object_falls_freely_and_then_lies_still():
    for seed in SEEDS:
        one = body(seed, "stand_up")
        one.mg(AT_MS, 10)
        one.set("drop", AT_MS)
        fall = [size(one.mg(at_ms, 1)) for at_ms in range(AT_MS + 1, AT_MS + 370)]
        assert max(fall[30:]) < 1, seed  # 0.7 m last 378 ms
        after = [one.mg(at_ms, 10) for at_ms in range(AT_MS + 370, AT_MS + 8000, 10)]
        assert max(map(size, after)) > 8000
        assert after[-1] == after[-2] and one.quiet_until(AT_MS + 8000) is None


def test_a_jump_flies_for_as_long_as_it_was_pushed():
    """What the thrust gives beyond the weight is what the flight takes: no momentum is left."""
    for seed in SEEDS:
        samples = felt("jump", seed, for_ms=1900, interval_ms=2)
        sizes = [size(sample) for sample in samples]
        flight = [i for i, value in enumerate(sizes) if value < 100]
        assert 150 <= 2 * len(flight) <= 3 * 400
        assert min(sizes) < 50
        first = flight[0]
        pushed = [value - G_MG for value in sizes[max(0, first - 150) : first] if value > G_MG]
        single = next((i for i in range(first, len(sizes)) if sizes[i] > 100), len(sizes))
        assert sum(pushed) * 2 == pytest.approx((single - first) * 2 * G_MG / 2, rel=0.4)


def test_a_walk_has_the_steps_of_its_speed_and_the_weight_as_its_mean():
    for seed in SEEDS:
        one = body(seed, "stand_up")
        one.set("walk", 0, 120)
        samples = [one.mg(at_ms, 10) for at_ms in range(10, 30_001, 10)]
        up = [-sample[1] for sample in samples]
        assert sum(up) / len(up) == pytest.approx(G_MG, rel=0.05)
        assert 300 < max(up) - min(up) < 2000
        assert 1.6 <= strongest_hz(up) <= 2.2


def test_a_run_is_partly_flight():
    sizes = [size(sample) for sample in felt("run")]
    assert sum(value < 450 for value in sizes) > 0.15 * len(sizes)
    assert 2000 < max(sizes) < 6000


def strongest_hz(values, interval_ms=10):
    """Between 1.2 and 2.6 Hz."""

    def power(hz):
        turn = 2 * math.pi * hz * interval_ms / 1000
        c = sum(value * math.cos(turn * i) for i, value in enumerate(values))
        s = sum(value * math.sin(turn * i) for i, value in enumerate(values))
        return c * c + s * s

    return max((1.2 + 0.02 * i for i in range(71)), key=power)


def test_a_washing_machine_tumbles_pauses_and_spins_beyond_any_range():
    one = body(1, "still")
    one.set("washing_machine", 0)
    sizes = [size(one.mg(at_ms, 10)) for at_ms in range(10, 7_200_001, 10)]
    minutes = [sizes[i : i + 6000] for i in range(0, len(sizes), 6000)]
    assert sum(max(minute) > 100_000 and min(minute) > 8000 for minute in minutes) >= 4
    blows = [sum(a < 2000 <= b for a, b in zip(m, m[1:])) for m in minutes]
    assert sum(20 <= count <= 60 for count in blows) > 60
    rests = sum(
        max(sizes[i : i + 200]) - min(sizes[i : i + 200]) < 1 for i in range(0, 99_000, 200)
    )
    assert rests > 20


def test_who_lies_gets_up_before_she_walks():
    one = body(2, "walk")
    one.mg(5000, 10)
    one.set("fall_side", 5000)
    assert angle_deg(one.mg(20_000, 1000), (0, -1, 0)) > 55
    one.set("walk", 20_000)
    assert angle_deg(one.mg(21_000, 500), (0, -1, 0)) > 20  # not at once
    walks = [one.mg(at_ms, 1000) for at_ms in range(30_000, 40_000, 1000)]
    assert angle_deg(mean(walks), (0, -1, 0)) < 20


def test_a_short_motion_goes_on_with_the_walk():
    samples = felt("stumble", before="walk", for_ms=20_000)
    assert 1.5 < strongest_hz([-sample[1] for sample in samples[-1500:]]) < 2.3
    samples = felt("stumble", before="stand_up", for_ms=20_000)
    assert max(abs(size(sample) - G_MG) for sample in samples[-500:]) < 30


# -- the same for all who ask ----------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides_and_nothing_else(kind):
    assert felt(kind, 7, for_ms=6000) == felt(kind, 7, for_ms=6000)
    if kind not in ("still", "stand_up"):
        assert felt(kind, 7, "walk", 9000) != felt(kind, 8, "walk", 9000)


@pytest.mark.parametrize("kind", KINDS)
def test_slower_questions_get_the_means_of_the_same(kind):
    fast, slow = felt(kind, 4, "walk", 8000, 5), felt(kind, 4, "walk", 8000, 20)
    for i, sample in enumerate(slow):
        assert mean(fast[4 * i : 4 * i + 4]) == pytest.approx(sample, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_quiet_is_exactly_quiet(kind):
    one = body(5, "walk")
    one.mg(AT_MS, 10)
    one.set(kind, AT_MS)
    at_ms, last_ms = AT_MS, AT_MS + 400_000
    while at_ms < last_ms:
        until_ms = one.quiet_until(at_ms)
        if until_ms == at_ms:
            at_ms += 500
            continue
        end_ms = last_ms if until_ms is None else until_ms
        first = one.mg(at_ms + 10, 10)
        for part in range(1, 6):
            assert one.mg(at_ms + 10 + (end_ms - at_ms - 10) * part // 5, 10) == first
        at_ms = end_ms + 1


def test_a_late_look_at_the_past_is_not_changed_by_what_came_since():
    early, late = body(9, "walk"), body(9, "walk")
    told = [early.mg(at_ms, 10) for at_ms in range(10, 4001, 10)]
    late.watch(lambda: None)
    late.wear(IDENTITY, (0.0, 0.0, 0.0))
    late.set("fall_back", 4000)
    assert [late.mg(at_ms, 10) for at_ms in range(10, 4001, 10)] == told


def test_those_who_watch_are_told_before_it_is_worn_otherwise():
    one, seen = body(9, "still"), []
    one.watch(lambda: seen.append(one.mg(100, 10)))
    one.wear(random_rotation(Random(1)), (0.0, 0.0, 50.0))
    assert seen == [body(9, "still").mg(100, 10)]
    assert one.mg(100, 10) != seen[0]


def test_worn_otherwise_is_turned_and_keeps_its_size():
    for rotation in (euler(90, 0, 0), euler(10, 20, 30), random_rotation(Random(3))):
        plain, turned = body(6, "walk"), body(6, "walk")
        turned.wear(rotation, None)
        for at_ms in range(10, 5001, 10):
            a, b = plain.mg(at_ms, 10), turned.mg(at_ms, 10)
            assert size(a) == pytest.approx(size(b)) and a != pytest.approx(b)
    x, y, z = [sum(m * v for m, v in zip(row, (0, -1, 0))) for row in euler(90, 0, 0)]
    assert (x, y, z) == pytest.approx((0, 0, -1))  # about x: y goes to z
    off = body(6, "still")
    before = off.mg(10, 10)
    off.wear(None, (80.0, -80.0, 5.0))
    assert [b - a for a, b in zip(before, off.mg(10, 10))] == pytest.approx([80, -80, 5])


def test_a_walk_to_a_place_ends_there():
    one = body(2, "worn")
    one.go(120, 5000, 20_000)
    one.mg(5100, 10)
    assert [one.mg(at_ms, 10) for at_ms in range(18_000, 19_000, 10)] != [one.mg(19_000, 10)] * 100
    rest = [size(one.mg(at_ms, 10)) for at_ms in range(22_000, 30_000, 10)]
    assert max(rest) - min(rest) < 30


def test_a_canvas_adds_up():
    canvas = Canvas((0.0, -1.0, 0.0), 100)
    canvas.knock(0, 100, (1.0, 0.0, 0.0))
    x, y, z = canvas.wave().mean(0, 100)
    assert (x, y, z) == pytest.approx((2 / math.pi, -1, 0), abs=1e-3)


# -- recordings ------------------------------------------------------------------------------


def csv(tmp_path, text, name="a.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def played(path, interval_ms, count, rate_hz=None, begins_ms=1000):
    one = body(1, "still")
    one.mg(begins_ms, 10)
    one.play(recorded.read(path, Selection(), rate_hz).play, begins_ms)
    ends = [begins_ms + (i + 1) * interval_ms for i in range(count)]
    return [tuple(round(axis, 6) for axis in one.mg(at_ms, interval_ms)) for at_ms in ends]


def test_a_faster_recording_is_averaged(tmp_path):
    rows = "".join(f"{i * 5},{i},{10 * i},{-i}\n" for i in range(40))
    path = csv(tmp_path, "t_ms,x_mg,y_mg,z_mg\n" + rows)
    assert played(path, 10, 3) == [(0.5, 5, -0.5), (2.5, 25, -2.5), (4.5, 45, -4.5)]
    assert played(path, 20, 2) == [(1.5, 15, -1.5), (5.5, 55, -5.5)]


def test_one_at_the_rate_of_the_chip_is_played_as_it_is(tmp_path):
    path = csv(tmp_path, "x,y,z\n1,2,3\n-4,5,6\n7,8,-9\n")
    assert played(path, 10, 3, 100) == [(1, 2, 3), (-4, 5, 6), (7, 8, -9)]


def test_a_slower_one_is_joined_by_straight_lines(tmp_path):
    path = csv(tmp_path, "x,y,z\n0,0,0\n100,0,-50\n0,0,0\n")
    assert played(path, 10, 8, 25)[:8] == [
        *((0, 0, 0), (25, 0, -12.5), (50, 0, -25), (75, 0, -37.5)),
        *((100, 0, -50), (75, 0, -37.5), (50, 0, -25), (25, 0, -12.5)),
    ]


def test_uneven_times_are_kept(tmp_path):
    path = csv(tmp_path, "t_ms,x_mg,y_mg,z_mg\n100,0,0,0\n\n110,10,0,0\n150,50,0,0\n160,60,0,0\n")
    assert [x for x, _, _ in played(path, 10, 6)] == [0, 10, 20, 30, 40, 50]


def test_after_a_recording_she_stays_as_it_left_her(tmp_path):
    path = csv(tmp_path, "x,y,z\n" + "0,-1000,0\n" * 100 + "0,0,1000\n" * 200)
    one = body(1, "walk")
    one.play(recorded.read(path, Selection(), 100).play, 0)
    assert angle_deg(one.mg(20_000, 1000), (0, 0, 1)) < 2
    one.set("walk", 20_000)
    assert angle_deg(one.mg(20_500, 500), (0, -1, 0)) > 20  # she lies, and gets up first


BAD_CSV = (
    ("", None, "line 1: the header is neither t_ms,x_mg,y_mg,z_mg nor x,y,z"),
    ("a,b,c\n1,2,3\n", 50, "line 1: the header is neither"),
    ("x,y,z\n1,2,3\n1,2,3\n", None, "needs rate_hz"),
    ("t_ms,x_mg,y_mg,z_mg\n0,1,2,3\n1,1,2,3\n", 50, "rate_hz is for a file without t_ms"),
    ("x,y,z\n1,2\n1,2,3\n", 50, "line 2: has 2 values, not 3"),
    ("x,y,z\n1,2,3\n\n1,2,much\n", 50, "line 4: 'much' is no number"),
    ("x,y,z\n1,2,nan\n", 50, "line 2: z is beyond"),
    ("x,y,z\n1,2,1e300\n", 50, "line 2: z is beyond"),
    ("x,y,z\n1,2,3\n", 50, "has fewer than two samples"),
    ("t_ms,x_mg,y_mg,z_mg\n5,1,2,3\n5,1,2,3\n", None, "sample 2: t_ms is not later than the"),
    ("t_ms,x_mg,y_mg,z_mg\n5,1,2,3\n1e11,1,2,3\n", None, "t_ms: is longer than a day"),
)


@pytest.mark.parametrize("text,rate_hz,complaint", BAD_CSV, ids=[row[2][:30] for row in BAD_CSV])
def test_a_wrong_csv_is_answered_by_one_line(text, rate_hz, complaint, tmp_path):
    with pytest.raises(RecordedError) as caught:
        recorded.read(csv(tmp_path, text), Selection(), rate_hz)
    assert str(caught.value).startswith(complaint) and "\n" not in str(caught.value)


def test_a_wrong_file_is_answered_by_one_line(tmp_path):
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "bin.csv").write_bytes(b"\xff\xfe\x00")
    for name, complaint in (
        ("none.csv", "No such file"),
        ("none.npz", "No such file"),
        ("folder.npz", "is a folder"),
        ("bin.csv", "is not UTF-8 text"),
        ("a.wav", "is neither .npz nor .csv"),
    ):
        with pytest.raises(RecordedError) as caught:
            recorded.read(tmp_path / name, Selection(), None)
        assert str(caught.value).startswith(complaint), name
    csv(tmp_path, "PK no zip", "bad.npz")
    with pytest.raises(RecordedError, match="is no npz file of recordings"):
        recorded.read(tmp_path / "bad.npz", Selection(), None)


def npz(tmp_path):
    """Three trials: of two people, one of them twice."""
    numpy = pytest.importorskip("numpy", reason="NOT RUN: npz recordings (the extra falls)")
    length = numpy.array([200, 300, 100], numpy.int32)
    counts = numpy.arange(600 * 3, dtype=numpy.int32).reshape(600, 3) % 500
    counts[:200] = (0, -250, 10)
    steps = numpy.diff(counts, axis=0, prepend=0).astype(numpy.uint16)
    path = tmp_path / "few.npz"
    numpy.savez_compressed(
        path,
        lo=(steps & 255).astype(numpy.uint8).T.copy(),
        hi=(steps >> 8).astype(numpy.uint8).T.copy(),
        length=length,
        scale_mg=numpy.float64(4),
        subject=numpy.array(["A1", "A1", "B2"]),
        activity=numpy.array(["F01", "F01", "D01"]),
        trial=numpy.array([1, 1, 3], numpy.int16),
        is_fall=numpy.array([True, True, False]),
        placement=numpy.array(["waist", "chest", "waist"]),
        rate=numpy.array([200, 200, 50], numpy.float32),
        age=numpy.array([20, 20, 70], numpy.int16),
        sex=numpy.array(["f", "f", "m"]),
    )
    return path


def test_a_trial_of_an_npz_file(tmp_path):
    path = npz(tmp_path)
    for chosen in (
        Selection(index=0),
        Selection("A1", placement="waist"),
        Selection(activity="F01", trial=1, placement="waist"),
    ):
        one = recorded.read(path, chosen, None)
        assert one.length_ms == 1000
        assert one.mean(0, 10) == pytest.approx((0, -1, 0.04))
    assert recorded.read(path, Selection("B2"), None).length_ms == 2000


@pytest.mark.parametrize(
    "chosen,complaint",
    (
        (Selection("C3", "F02", 4), "has no trial with subject C3, activity F02, trial 4"),
        (Selection("A1"), "has 2 trials of subject A1; say which index: 0, 1"),
        (Selection(), "has 3 trials in it; say which index: 0, 1, 2"),
    ),
)
def test_a_choice_that_is_none(chosen, complaint, tmp_path):
    with pytest.raises(RecordedError) as caught:
        recorded.read(npz(tmp_path), chosen, None)
    assert str(caught.value) == complaint


# -- scenarios -------------------------------------------------------------------------------

WORLD = "name: x\nduration: 1min\nworld:\n  motion: %s\nsteps:\n  - {at: 10s, do: motion, %s}\n"

# world.motion, the command, and the line that must come
WRONG = (
    ("fly", "kind: run", "f.yaml:4: motion: 'fly' is not one of still, worn, walk"),
    ("recording", "kind: run", "f.yaml:4: motion: 'recording' is not one of"),
    ("walk", "kind: fall", "f.yaml:6: kind: 'fall' is not one of still"),
    ("walk", "rotate: 1", "f.yaml:6: steps: motion needs kind or file"),
    ("walk", "kind: run, file: a.csv", "f.yaml:6: steps: motion needs kind or file, not both"),
    ("walk", "kind: run, subject: A1", "f.yaml:6: subject: is for a file only"),
    ("walk", "kind: run, rate_hz: 50", "f.yaml:6: rate_hz: is for a file only"),
    ("walk", "file: none.csv", "f.yaml:6: file: none.csv: No such file"),
    ("walk", "file: a.csv, trial: 1", "f.yaml:6: file: a.csv: a CSV file has no trial"),
    ("walk", "file: a.csv, rate_hz: 0", "f.yaml:6: rate_hz: '0' is not a whole number from 1"),
    ("walk", "kind: run, rotate: [1, 2]", "f.yaml:6: rotate: must be a list of three"),
    ("walk", "kind: run, rotate: -3", "f.yaml:6: rotate: '-3' is not a whole number from 0"),
    ("walk", "kind: run, rotate: [a, 0, 0]", "f.yaml:6: rotate: 'a' is not a whole number"),
    ("walk", "kind: run, offset_mg: [0, 0, 3000]", "f.yaml:6: offset_mg: '3000' is not a whole"),
    ("{file: x.npz}", "kind: run", "f.yaml:4: file: x.npz: No such file"),
    ('{file: "data:falls/none.npz"}', "kind: run", "f.yaml:4: file: "),
)


@pytest.mark.parametrize("motion,command,line", WRONG, ids=[row[2][8:40] for row in WRONG])
def test_a_wrong_motion_names_the_place(motion, command, line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError) as caught:
        parse(WORLD % (motion, command), "f.yaml", tmp_path.relative_to(tmp_path))
    assert str(caught.value).startswith(line) and "\n" not in str(caught.value)


def test_shared_data_that_are_not_there_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("GALET_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(ScenarioError) as caught:
        parse(WORLD % ('{file: "data:falls/a.npz"}', "kind: run"), "f.yaml", tmp_path)
    assert str(caught.value).startswith("f.yaml:4: file: the folder of shared data is not there")


def test_a_recording_in_a_scenario(tmp_path, monkeypatch):
    (tmp_path / "falls").mkdir()
    (tmp_path / "falls/a.csv").write_text("x,y,z\n" + "0,-1000,0\n" * 50)
    monkeypatch.setenv("GALET_DATA", str(tmp_path))
    files = ("falls/a.csv", '"data:falls/a.csv"')
    for name in files:
        motion = f"{{file: {name}, rate_hz: 50, speed_cms: 90, offset_mg: [5, 0, 0]}}"
        command = f"file: {name}, rate_hz: 50, rotate: [0, 0, 90]"
        stage = Stage(parse(WORLD % (motion, command), "f.yaml", tmp_path))
        assert (stage.truth.motion, stage.truth.speed_cms) == ("recording", 90)
        assert stage.body.mg(500, 10) == pytest.approx((5, -1000, 0))
        stage.world.run_until(10_100)
        assert stage.body.mg(10_100, 10) == pytest.approx((1005, 0, 0))


def test_who_falls_goes_no_further():
    text = WORLD % ("{kind: walk, speed_cms: 100}", "kind: fall_side")
    stage = Stage(parse(text, "f.yaml", None))
    stage.world.run_until(9000)
    assert stage.truth.moving()
    stage.world.run_until(11_000)
    assert not stage.truth.moving() and stage.truth.motion == "fall_side"
