"""The bystander's gestures, and the figures of the summary, from small stories."""

import pytest

from simulator.edge import Line
from simulator.expectations import Judge
from simulator.observer import Observer
from simulator.scenario import Expectation
from simulator.summary import figures, kind_of, trigger, union_ms
from simulator.world import World

OWN = "+33639980099"

# What is said (BEHAVIOUR.md section 6), and what it is.
TEXTS = (
    ("DANGER Julie 21:42. Appelez le 17, lisez-leur ce lieu.", "first"),
    ("Julie n'est pas tranquille, 21:42. Restez joignable", "first"),
    ("FALL Julie 21:42, no reaction. Call 112", "first"),
    ("(2) DANGER Julie 21:42. Appelez le 17", "again"),
    ("Julie, lieu plus précis: https://maps", "refined"),
    ("Julie, track 3: https://maps", "track"),
    ("Julie a annulé à 21:58 l'alerte de 21:42. Vérifiez", "cancel"),
    ("Julie cancelled at 21:58 the alert of 21:42.", "cancel"),
    ("Julie: annulation peut-etre FORCEE à 21:58. DANGER: appelez", "duress"),
    ("Julie: FORCED or unsure cancel at 21:58. DANGER GOES ON", "duress"),
    ("Rappel objet 27: batterie 15%", "notice"),
    ("Julie: batterie vide à 22:10, le suivi cesse.", "end"),
    ("TEST, aucun danger. Bouton de Julie", "test"),
    ("Julie: fin du suivi à 09:42 (durée maximale).", "end"),
    ("Julie: watch of 21:42 ended at 22:40. No more tracking.", "end"),
    ("Julie: bouton rallumé à 23:10. L'alerte du 05/11 21:42", "resume"),
    ("hello", None),
)


@pytest.mark.parametrize("text,kind", TEXTS, ids=[row[0][:30] for row in TEXTS])
def test_kind_of_text(text, kind):
    assert kind_of(text, "+33639980001", OWN) == kind
    assert kind_of(text, OWN, OWN) == "loopback"


def observed(moves, until_ms=60_000, **config):
    """moves: (ms, level); returns [(kind, press_ms, decided ms)]."""
    world = World(1, 0)
    line = Line(world, "button")
    observer = Observer(world, line, **config)
    for at_ms, level in moves:
        world.at(at_ms, line.set, level)
    world.run_until(until_ms)
    return [tuple(gesture) for gesture in observer.gestures]


def presses(start_ms, *ms):
    """Down, up, down...: how long each lasts."""
    moves, level = [], 1
    for lasts_ms in ms:
        moves.append((start_ms, level))
        start_ms, level = start_ms + lasts_ms, 1 - level
    return [*moves, (start_ms, 0)]


THREE = presses(1000, 150, 250, 150, 250, 150)
CANCEL = (1400, 400, 200, 400, 200, 400, 1400)
GESTURES = (
    ("one short", presses(1000, 150), []),
    ("one long", presses(1000, 1500), [("check", 2500, 4500)]),
    ("short and long", presses(1000, 150, 300, 2500), [("evidence", 3950, 5950)]),
    ("three", THREE, [("danger", 1800, 1800)]),
    ("hold", presses(1000, 5000), [("danger", 1000, 4000)]),
    ("hold, to the millisecond", presses(1000, 3000), [("danger", 1000, 4000)]),
    ("hold, less", presses(1000, 2999), [("check", 3999, 5999)]),
    ("two, 2 s apart", presses(1000, 150, 2000, 150), []),
    ("two, less apart", presses(1000, 150, 1999, 150), [("watch", 3299, 5299)]),
    ("three slow", presses(1000, 150, 1900, 150, 1900, 150), [("danger", 5250, 7250)]),
    ("bounce", [(1000, 1), (1003, 0), (1008, 1), (1150, 0), (1154, 1), (1156, 0)], []),
    ("two", presses(1000, 150, 250, 150), [("watch", 1550, 3550)]),
    (
        "two, withdrawn",
        presses(1000, 150, 250, 150) + presses(7000, 1500),
        [("watch", 1550, 3550), ("withdraw", 8500, 8500)],
    ),
    (
        "two, then one more in the guard",
        presses(1000, 150, 250, 150) + presses(7000, 150),
        [("watch", 1550, 3550), ("danger", 7150, 7150)],
    ),
    (
        "true cancel",
        THREE + presses(10_000, *CANCEL),
        [("danger", 1800, 1800), ("true_cancel", 14_400, 16_400)],
    ),
    ("what follows at once", THREE + presses(3000, *CANCEL), [("danger", 1800, 1800)]),
    (
        "decoy",
        THREE + presses(10_000, 3500),
        [("danger", 1800, 1800), ("decoy_cancel", 13_500, 15_500)],
    ),
    (
        "again",
        THREE + presses(10_000, 150, 250, 150, 250, 150),
        [("danger", 1800, 1800), ("danger_again", 10_950, 12_950)],
    ),
    ("one in an alert", THREE + presses(10_000, 150), [("danger", 1800, 1800)]),
)


@pytest.mark.parametrize("name,moves,gestures", GESTURES, ids=[row[0] for row in GESTURES])
def test_gestures(name, moves, gestures):
    assert observed(moves, pattern="lssl") == gestures


def test_other_profile():
    assert observed(presses(1000, 150, 250, 150), profile="monsherif") == [("danger", 1400, 1400)]
    assert observed(presses(1000, 150), profile="monsherif") == [("watch", 1150, 3150)]


def test_a_gesture_that_outlasts_its_watch():
    """The watch, from its guard's end at 13.55 s, is over at 33.55 s."""
    two = presses(1000, 150, 250, 150)
    for began_ms, ms, last in (
        (32_000, (5000,), ("danger", 32_000, 35_000)),
        (32_000, (150, 250, 150), ("watch", 32_550, 34_550)),
        (31_000, (1500, 200, 150, 200, 150), ("danger", 33_200, 35_200)),
    ):
        found = observed(two + presses(began_ms, *ms), watch_max_ms=20_000)
        assert found == [("watch", 1550, 3550), last], ms


# Pulses of 80 ms from 5 s on, every 5 s, until these; what she presses; what it is taken for
FALLEN = (
    ("nothing", 30_000, [], []),
    ("two", 20_000, presses(21_000, 150, 250, 150), [("fall_cancel", 21_550, 23_550)]),
    ("one", 30_000, presses(21_000, 150), []),
    ("three", 20_000, presses(21_000, 150, 250, 150, 250, 150), [("danger", 21_800, 21_800)]),
    ("a hold", 20_000, presses(21_000, 3500), [("danger", 21_000, 24_000)]),
    (  # the fall is told: an alert, of which two shorts are a near-miss
        "too late",
        30_000,
        presses(40_000, 150, 250, 150),
        [("decoy_cancel", 40_550, 42_550)],
    ),
    (
        "her pattern, later",
        30_000,
        presses(60_000, 1200, 200, 200, 200, 200, 200, 1200),
        [("true_cancel", 63_400, 65_400)],
    ),
    (
        "two, and a watch after",
        20_000,
        presses(21_000, 150, 250, 150) + presses(40_000, 150, 250, 150),
        [("fall_cancel", 21_550, 23_550), ("watch", 40_550, 42_550)],
    ),
)


@pytest.mark.parametrize("profile", ("default", "monsherif"))
@pytest.mark.parametrize("name,last_ms,moves,gestures", FALLEN, ids=[row[0] for row in FALLEN])
def test_gestures_while_a_fall_is_hers_alone(name, last_ms, moves, gestures, profile):
    if profile == "monsherif" and name == "two, and a watch after":
        gestures = [gestures[0], ("danger", 40_400, 40_400)]
    world = World(1, 0)
    line, motor = Line(world, "button"), Line(world, "motor")
    observer = Observer(world, line, pattern="lssl", profile=profile, motor=motor)
    for at_ms in range(5000, last_ms + 1, 5000):
        world.at(at_ms, motor.set, 60)
        world.at(at_ms + 80, motor.set, 0)
    for at_ms, level in moves:
        world.at(at_ms, line.set, level)
    world.run_until(80_000)
    found = [tuple(gesture) for gesture in observer.gestures]
    assert found == gestures


TWO = (150, 250, 150)
# ms of her presses after the first pulse, how long each and its pauses last; the last pulse; when
# a text tells the fall; what it is: kinds
ANSWERS = (
    ("before it", ((-2000, TWO),), 0, 560, ["watch"]),
    ("begun before it", ((-600, TWO),), 0, 2000, ["watch"]),
    ("at once", ((0, TWO),), 0, 2600, ["watch"]),
    ("too soon", ((100, TWO),), 0, 2700, ["watch"]),
    ("nobody can know, told", ((300, TWO),), 0, 2900, []),
    ("nobody can know, not told", ((300, TWO),), 0, None, []),
    ("nobody can know, then a watch", ((300, TWO), (40_000, TWO)), 0, None, ["watch"]),
    ("soon", ((500, TWO),), 0, None, ["fall_cancel"]),
    ("late", ((27_400, TWO),), 25_000, None, ["fall_cancel"]),
    ("later", ((28_000, TWO),), 25_000, None, ["fall_cancel"]),
    ("across the end", ((29_900, TWO),), 25_000, None, ["fall_cancel"]),
    ("across the end, too slow", ((29_900, (150, 1950, 150)),), 25_000, 34_000, []),
    (
        "one, then two in the alert",
        ((29_000, (150,)), (36_000, TWO)),
        25_000,
        31_150,
        ["decoy_cancel"],
    ),
    ("after the end", ((31_000, TWO),), 25_000, 30_100, ["decoy_cancel"]),
    ("after the end, no network", ((31_000, TWO),), 25_000, None, ["decoy_cancel"]),
    ("a pulse was missing", ((12_000, TWO),), 5000, 30_100, []),
    (
        "told though she cancelled",
        ((10_500, TWO), (40_000, TWO)),
        10_000,
        30_100,
        ["fall_cancel", "decoy_cancel"],
    ),
    ("three, paused", ((10_500, (150,)), (12_700, TWO)), 10_000, None, ["danger"]),
    (
        "three, across",
        ((29_000, (150,)), (31_200, (150,)), (32_800, (150,))),
        25_000,
        None,
        ["danger"],
    ),
    ("taken back", ((10_500, TWO), (14_000, (150,))), 10_000, None, ["fall_cancel", "danger"]),
    ("a third, slow", ((10_500, (1500, 1900, 1500, 1900, 150)),), 20_000, None, ["danger"]),
    ("long ones", ((10_500, (1500,)), (16_000, (150, 300, 1500))), 25_000, 30_100, []),
    ("a watch, cut short", ((-2700, TWO), (5000, (150,))), -1, 100, ["watch", "danger"]),
    ("a watch, and a long one", ((-2700, TWO), (5000, (1500,))), -1, 100, ["watch"]),
    ("nothing felt, told", ((40_000, TWO),), -1, 30_000, ["decoy_cancel"]),
    ("nothing felt, told before", ((30_200, TWO),), -1, 30_000, []),  # maybe too soon to cancel
    ("in a watch", ((-20_000, TWO), (10_000, (1500,))), -1, 100, ["watch"]),
)


@pytest.mark.parametrize(
    "name,pressed,last_ms,told_ms,kinds", ANSWERS, ids=[r[0] for r in ANSWERS]
)
def test_a_fall_is_judged_by_what_she_felt_and_what_was_told(
    name, pressed, last_ms, told_ms, kinds
):
    fell_ms = 50_000
    world = World(1, 0)
    line, motor = Line(world, "button"), Line(world, "motor")
    observer = Observer(world, line, pattern="lssl", motor=motor)

    def tell():
        world.emit("at_submit", "modem", to=A, text="CHUTE Julie 21:42, pas de réaction.")

    for at_ms in range(fell_ms, fell_ms + last_ms + 1, 5000):
        world.at(at_ms, motor.set, 60)
        world.at(at_ms + 80, motor.set, 0)
    for begins_ms, ms in pressed:
        for at_ms, level in presses(fell_ms + begins_ms, *ms):
            world.at(at_ms, line.set, level)
    if told_ms is not None:
        for after_ms in (0, 2000):
            world.at(fell_ms + told_ms + after_ms, tell)
    world.run_until(fell_ms + 80_000)
    found = [gesture.kind for gesture in observer.gestures]
    assert found == kinds


def test_an_old_fall_is_no_alert():
    world = World(1, 0)
    line = Line(world, "button")
    observer = Observer(world, line)
    for text in ("CHUTE Julie 05/11 21:42, pas de réaction.", "DANGER Julie 21:42", ""):
        world.emit("at_submit", "modem", to=A, text=text)
    for at_ms, level in presses(5000, *TWO):
        world.at(at_ms, line.set, level)
    world.run_until(20_000)
    assert [gesture.kind for gesture in observer.gestures] == ["watch"]


def test_other_vibrations_are_no_pre_alarm():
    world = World(1, 0)
    line, motor = Line(world, "button"), Line(world, "motor")
    observer = Observer(world, line, motor=motor)
    for at_ms, ms in ((1000, 60), (2000, 90), (2300, 450)):
        world.at(at_ms, motor.set, 100)
        world.at(at_ms + ms, motor.set, 0)
    for at_ms, level in presses(5000, 150, 250, 150):
        world.at(at_ms, line.set, level)
    world.run_until(20_000)
    assert [gesture.kind for gesture in observer.gestures] == ["watch"]


def test_a_withdrawn_watch_triggers_nothing():
    moves = presses(1000, 150, 250, 150) + presses(7000, 1500)
    world = World(1, 0)
    line = Line(world, "button")
    observer = Observer(world, line)
    for at_ms, level in moves:
        world.at(at_ms, line.set, level)
    world.run_until(20_000)
    assert trigger(observer.gestures, []) is None


def test_union():
    assert union_ms([(0, 10), (5, 12), (20, 30), (22, 25)]) == 22


A, B = "+33639980001", "+33639980002"


def event(t, ev, **fields):
    return {"t": t, "ev": ev, "dev": "x", **fields}


def test_figures():
    events = [
        event(100, "at_submit", to=OWN, text="loop"),
        event(900, "at_accept", to=OWN, ref=1),
        event(950, "at_submit", to=A, text="TEST, aucun danger"),
        event(990, "at_accept", to=A, ref=9),
        event(2000, "gesture", kind="danger"),
        event(2050, "at_submit", to=A, text="DANGER Julie"),
        event(3000, "at_refuse", cms=38),
        event(3100, "at_submit", to=B, text="DANGER Julie"),
        event(4600, "at_accept", to=B, ref=2),
        event(5000, "sms_on_phone", number=B, text="DANGER Julie", ref=2),
        event(5100, "at_submit", to=A, text="DANGER Julie"),
        event(6600, "at_lost", to=A),
        event(7000, "at_submit", to=A, text="(2) DANGER Julie"),
        event(8500, "at_accept", to=A, ref=3),
        event(9000, "at_submit", to=B, text="Julie, lieu plus précis: x"),
        event(9500, "at_accept", to=B, ref=4),
        event(9600, "at_submit", to=B, text="DANGER Julie"),
        event(9900, "answer", number=B, how="reply", text="non"),
        event(9950, "answer", number=B, how="reply", text="oui, j'arrive"),
        event(9990, "reset", cause="watchdog"),
    ]
    world = World(1, 0)
    line = Line(world, "button")
    observer = Observer(world, line)
    for at_ms, level in presses(1000, 150, 350, 150, 350, 150):
        world.at(at_ms, line.set, level)
    world.run_until(2000)
    found = figures(events, observer.gestures, [A, B], OWN)
    assert (found["press_ms"], found["trigger_ms"]) == (2000, 2000)
    assert (found["first_submit_ms"], found["first_accepted_ms"]) == (2050, 4600)
    assert (found["last_accepted_ms"], found["radio_ms"]) == (8500, 3000)
    rows = [(row["kind"], row["result"]) for row in found["submissions"]]
    assert rows == [
        ("loopback", "ok"),
        ("test", "ok"),
        ("first", "cms 38"),
        ("first", "ok"),
        ("first", "lost"),
        ("again", "ok"),
        ("refined", "ok"),
        ("again", None),
    ]
    a, b = found["contacts"]
    assert (a["accepted_ms"], a["delivered_ms"], a["answered_ms"]) == (8500, None, None)
    assert (b["accepted_ms"], b["delivered_ms"], b["answered_ms"]) == (4600, 5000, 9950)
    assert b["text"] == ["DANGER Julie"] and found["resets"] == 1


# (by, count, where, held): three events at 1000, 2000, 3000 ms with n = 1, 2, 3.
EXPECTED = (
    (3000, 3, {}, True),
    (2999, 3, {}, False),
    (3000, 1, {"n": "3"}, True),
    (3000, 1, {"n": "4"}, False),
    (3000, 0, {"n": "4"}, True),
    (3000, 0, {}, False),
    (3000, 1, {"word": "a*[?c"}, True),
    (3000, 1, {"word": "*?"}, False),
    (3000, 1, {"none": "*"}, False),
)


@pytest.mark.parametrize("by_ms,count,where,held", EXPECTED)
def test_expectation(by_ms, count, where, held):
    world = World(1, 0)
    said = []
    world.listeners.append(lambda event: said.append(event) if event["ev"] == "expect" else None)
    judge = Judge(world, [Expectation(by_ms, "x", count, where, "text")])
    for n in (1, 2, 3):
        world.at(n * 1000, lambda n=n: world.emit("x", "d", n=n, word="abc [?c"))
    world.run_until(5000)
    assert [(event["t"], event["held"]) for event in said] == [(by_ms + 1, int(held))]
    assert judge.close() == [{"text": "text", "held": held}]
