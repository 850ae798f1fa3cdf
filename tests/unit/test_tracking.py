"""Tracking: what a better place is, when a newer one is due, and to whom."""

from alert_bench import CELL, HOUR, MINUTE, NUMBERS, UTC, Bench, config, contacts

from firmware.messages import (
    DANGER,
    DANGER_AGAIN,
    DECOY_CANCEL,
    WATCH,
    CallRefused,
    CellSeen,
    FixLost,
    SmsReceived,
    SmsReport,
)


def started(kind=DANGER, radius_m=25, age_ms=40000, **rest):
    """An alert, with the last fix of some age, its first messages not yet sent."""
    bench = Bench(**rest)
    bench.free = False
    bench.time_is(UTC)
    if radius_m is not None:
        bench.at(radius_m=radius_m, age_ms=age_ms)
    bench.press(kind)
    bench.free = True
    bench.step()
    return bench


def rounds(bench):
    """(minute since the first message, number) of the tracking messages."""
    start_ms = bench.sent[0][0]
    return [((s[0] - start_ms) // MINUTE, s[1]) for s in bench.sent if "suivi" in s[2]]


# -- refined -----------------------------------------------------------------------------------

# radius and age of what was told, radius of the fix at 12 s -> is it worth a message?
BETTER = (
    (25, 0, 12, True),
    (25, 0, 13, False),
    (25, 19000, 13, False),
    (25, 20000, 25, True),
    (25, 3600000, 90, True),
    (8, 0, 5, False),
    (8, 0, 4, True),
    (None, 0, 500, True),
)


def test_what_is_better():
    for radius_m, age_ms, new_m, better in BETTER:
        bench = started(radius_m=radius_m, age_ms=age_ms, latency_ms=100)
        bench.run(12000)
        bench.at(radius_m=new_m)
        bench.run(30000)
        row = (radius_m, age_ms, new_m)
        assert bench.numbers("lieu plus") == (list(NUMBERS) if better else []), row


def test_refined_comes_at_ten_seconds_and_tells_the_place_of_then():
    bench = started(latency_ms=500)
    bench.run(MINUTE, walk=lambda now_ms: now_ms // 1000)
    refined = [s for s in bench.sent if "lieu plus" in s[2]]
    assert [s[1] for s in refined] == [NUMBERS[0], NUMBERS[1]], "the others had a live place"
    assert refined[0][0] == 11000
    assert "q=45.76053" in refined[0][2]


def test_a_late_fix_is_told_at_once_to_who_knows_none():
    bench = Bench()
    bench.tell(CellSeen(CELL))
    bench.press(DANGER)
    bench.run(40000)
    assert bench.numbers("antenne") == list(NUMBERS)
    now_ms = bench.now_ms
    bench.at()
    bench.run(20000)
    assert [s[0] - now_ms for s in bench.sent[5:]] == [0, 2000, 4000, 6000, 8000]
    assert bench.numbers("lieu plus") == list(NUMBERS)


def test_a_coarse_one_is_refined_once_more_and_then_never_again():
    bench = started(radius_m=None, latency_ms=100)
    for radius_m in (200, 100, 40, 20, 10, 4):
        bench.run(12000)
        bench.at(radius_m=radius_m)
        bench.run(3000)
    places = [t.split("+/-")[1].split("m")[0] for t in bench.texts(NUMBERS[4]) if "plus" in t]
    assert places == ["200", "100"]
    bench = started(radius_m=25, age_ms=0, latency_ms=100)
    for radius_m in (12, 6, 3):
        bench.run(12000)
        bench.at(radius_m=radius_m)
        bench.run(3000)
    assert len(bench.numbers("lieu plus")) == 5


def refined(bench):
    """A bench that has told everybody a better place; how many it tells from now on."""
    bench.run(15000)
    bench.at(radius_m=8)
    bench.run(15000)
    assert bench.numbers("lieu plus") == list(NUMBERS)
    bench.run(5 * MINUTE)
    return len(bench.sent)


def test_a_better_place_follows_again_after_a_press_and_a_decoy():
    for kind in (DANGER_AGAIN, DECOY_CANCEL):
        for radius_m, told in ((10, list(NUMBERS)), (50, [])):
            bench = started()
            before = refined(bench)
            bench.at(radius_m=30)
            bench.press(kind)
            bench.run(20000)
            bench.at(radius_m=radius_m)
            bench.run(20000)
            late = [s[1] for s in bench.sent[before:] if "lieu plus" in s[2]]
            assert late == told, (kind, radius_m)


def test_a_better_place_follows_again_after_an_old_or_unknown_one_was_told():
    for hours in (0, 13):
        bench = started()
        refined(bench)
        bench.run(MINUTE)
        bench.alert._situation.fix = None if hours else bench.alert._situation.fix
        bench.run(20 * MINUTE)
        assert [t for t in bench.texts() if "suivi 1:" in t]
        before = len(bench.sent)
        bench.at()
        bench.run(20000)
        # Where a round is due as well it is one message.
        late = [s[1] for s in bench.sent[before:] if "+/-10m" in s[2]]
        assert late == list(NUMBERS[:2]), "who were told"


def test_a_better_place_follows_again_after_a_reset():
    bench = started()
    refined(bench)
    bench.now_ms = 700
    bench.boot(UTC + 420)
    before = len(bench.sent)
    bench.run(1000)
    bench.at()
    bench.run(20000)
    assert [s[1] for s in bench.sent[before:] if "lieu plus" in s[2]] == list(NUMBERS)


def test_who_still_waits_for_the_first_is_not_refined_for():
    bench = started(answer=lambda number, nth: "short" if number == NUMBERS[2] else "ok")
    bench.run(MINUTE, walk=lambda now_ms: now_ms // 1000)
    assert NUMBERS[2] not in bench.numbers("lieu plus")


# -- tracking ----------------------------------------------------------------------------------


def test_the_evening_walk():
    bench = started()
    bench.run(7 * MINUTE, walk=lambda now_ms: now_ms * 14 // 10000)
    assert rounds(bench) == [
        (2, NUMBERS[0]),
        (2, NUMBERS[1]),
        (4, NUMBERS[0]),
        (4, NUMBERS[1]),
        (6, NUMBERS[0]),
        (6, NUMBERS[1]),
    ]
    numbers = [t.split("suivi ")[1].split(":")[0] for t in bench.texts(NUMBERS[0]) if "suivi" in t]
    assert numbers == ["1", "2", "3"]


def test_early_rounds_want_fifty_metres():
    for metres, told in ((49, []), (50, [(2, NUMBERS[0]), (2, NUMBERS[1])])):
        bench = started(age_ms=0, radius_m=10)
        walk = lambda now_ms, metres=metres: metres if now_ms > 60000 else 0  # noqa: E731
        bench.run(10 * MINUTE, walk=walk)
        assert rounds(bench) == told, metres


def test_a_jump_within_its_own_doubt_is_no_move():
    bench = started(age_ms=0, radius_m=10)
    bench.run(MINUTE)
    for _ in range(300):
        bench.run(1000)
        bench.at(north_m=300, radius_m=300)
    assert rounds(bench) == []


def test_later_rounds_want_a_hundred_metres_or_fifteen_minutes():
    bench = started(age_ms=0, radius_m=10)
    still = lambda now_ms: 0  # noqa: E731
    bench.run(14 * MINUTE, walk=still)
    assert rounds(bench) == []
    bench.run(2 * MINUTE, walk=still)
    assert [minute for minute, _ in rounds(bench)] == [15, 15]
    bench.run(3 * MINUTE, walk=lambda now_ms: 99)
    assert len(rounds(bench)) == 2
    bench.run(5000, walk=lambda now_ms: 100)
    assert [minute for minute, _ in rounds(bench)] == [15, 15, 19, 19]
    bench.run(20 * MINUTE, walk=lambda now_ms: 100)
    assert [minute for minute, _ in rounds(bench)[4:]] == [34, 34]


def test_later_rounds_are_two_minutes_apart_at_least():
    bench = started()
    bench.run(25 * MINUTE, walk=lambda now_ms: now_ms // 50)
    minutes = [minute for minute, number in rounds(bench) if number == NUMBERS[0]]
    assert minutes == list(range(2, 25, 2))


def test_without_any_fix_the_cell_is_told_every_fifteen_minutes():
    bench = started(radius_m=None)
    bench.tell(CellSeen(CELL))
    bench.tell(FixLost("void"))
    bench.run(HOUR - MINUTE)
    assert [minute for minute, _ in rounds(bench)] == [15, 15, 30, 30, 45, 45]
    assert "Lieu inconnu, antenne 208-01" in bench.texts()[-1]


def test_a_round_waits_for_a_live_fix():
    bench = started(age_ms=0, radius_m=10)
    bench.run(MINUTE, walk=lambda now_ms: 0)
    bench.run(90000)
    assert rounds(bench) == []
    bench.at(north_m=200)
    bench.run(3000)
    assert [minute for minute, _ in rounds(bench)] == [2, 2]
    bench.run(MINUTE + 32000, walk=lambda now_ms: 400)
    assert [minute for minute, _ in rounds(bench)] == [2, 2, 4, 4], "marks do not drift"


def test_a_fix_of_half_a_day_ago_is_told_no_more():
    for hours, told in ((11, True), (12, False)):
        bench = started(age_ms=hours * HOUR)
        bench.run(20000)
        assert [("q=45.76043" in text) for text in bench.texts()] == [told] * 5


def test_to_those_who_answered_else_to_the_first_two_reached():
    walk = lambda now_ms: now_ms // 100  # noqa: E731
    bench = started(answer=lambda number, nth: "number" if number == NUMBERS[0] else "ok")
    bench.run(3 * MINUTE, walk=walk)
    assert [number for _, number in rounds(bench)] == [NUMBERS[1], NUMBERS[2]]
    bench.tell(SmsReceived(NUMBERS[4], "OK"))
    bench.run(2 * MINUTE, walk=walk)
    assert [number for _, number in rounds(bench)[2:]] == [NUMBERS[4]]
    bench.tell(CallRefused(NUMBERS[1]))
    bench.run(2 * MINUTE, walk=walk)
    assert [number for _, number in rounds(bench)[3:]] == [NUMBERS[1], NUMBERS[4]]


def test_whose_phones_received_something_come_first():
    bench = started()
    bench.run(20000)
    for index in (1, 3):
        bench.tell(SmsReport(index + 1, NUMBERS[index], 0))
    bench.run(3 * MINUTE, walk=lambda now_ms: now_ms // 100)
    assert [number for _, number in rounds(bench)] == [NUMBERS[1], NUMBERS[3]]
    bench.tell(SmsReceived(NUMBERS[0], "qui est-ce ?"))
    bench.run(2 * MINUTE, walk=lambda now_ms: now_ms // 100)
    assert [number for _, number in rounds(bench)[2:]] == [NUMBERS[0], NUMBERS[1]]
    bench = started()
    bench.run(20000)
    bench.tell(SmsReport(4, NUMBERS[3], 0))
    bench.run(3 * MINUTE, walk=lambda now_ms: now_ms // 100)
    assert [number for _, number in rounds(bench)] == [NUMBERS[0], NUMBERS[3]]


def test_a_watch_is_tracked_for_its_own_contacts():
    bench = started(WATCH, settings=config(contacts=contacts(watch=(2, 3))))
    bench.run(6 * MINUTE, walk=lambda now_ms: now_ms // 100)
    assert {number for _, number in rounds(bench)} == {NUMBERS[2], NUMBERS[3]}
    assert set(bench.numbers()) == {NUMBERS[2], NUMBERS[3]}


def test_twelve_hours_on_the_road_leave_something_for_every_hour():
    bench = started()
    bench.run(20000)
    bench.run(12 * HOUR - 25000, walk=lambda now_ms: now_ms // 50)
    hours = {minute // 60 for minute, _ in rounds(bench)}
    assert hours >= set(range(10)), hours
    assert len(bench.sent) <= 130


def test_it_never_asks_to_be_woken_in_the_past():
    bench = started()
    for _ in range(60):
        bench.run(61000)
        assert bench.alert.wake_ms(bench.now_ms) > bench.now_ms
