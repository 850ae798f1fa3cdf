"""The alert: its table, its gestures, what is felt, and what survives a reset."""

from alert_bench import CELL, HOUR, MINUTE, NUMBERS, UTC, Bench, config, contacts
from harness import Rng, depth

from firmware.messages import (
    AT_REST,
    CHECK,
    DANGER,
    DANGER_AGAIN,
    DECOY_CANCEL,
    EVIDENCE,
    FALL_CANCEL,
    GNSS_STANDBY,
    GNSS_TRACK,
    IN_ALERT,
    IN_GUARD,
    IN_PREALARM,
    SERVICE,
    TRUE_CANCEL,
    WATCH,
    WITHDRAW,
    CellSeen,
    FallSuspected,
    HapticsHush,
    JournalAppend,
    JournalClose,
    ModemFree,
    ModemReady,
    SendSms,
    SmsReceived,
    SmsReport,
    Tick,
    Vibrate,
)
from firmware.policy.situation import Moment
from firmware.policy.transitions import (
    DURESS,
    ENDANGERED,
    FALL,
    FALL_SUSPECTED,
    FALLEN,
    GUARD,
    GUARD_OVER,
    LAPSED,
    PREALARM,
    PREALARM_OVER,
    REST,
    RESUMED,
    TABLE,
    TIME_UP,
    WATCHING,
)

FIRSTS = list(NUMBERS)
STATES = (REST, GUARD, PREALARM, WATCHING, FALLEN, ENDANGERED, DURESS)
HAPPENINGS = (
    WATCH,
    DANGER,
    CHECK,
    EVIDENCE,
    SERVICE,
    WITHDRAW,
    DANGER_AGAIN,
    DECOY_CANCEL,
    TRUE_CANCEL,
    FALL_CANCEL,
    FALL,
    FALL_SUSPECTED,
    GUARD_OVER,
    PREALARM_OVER,
    TIME_UP,
    RESUMED,
    LAPSED,
)
# What follows, in the order of STATES; "." changes nothing.
EXPECTED = {
    WATCH: "guard . fall . . . .",
    DANGER: "danger danger danger danger danger danger duress",
    DANGER_AGAIN: "danger danger danger danger danger danger duress",
    FALL: "fall fall . fall fall danger duress",
    FALL_SUSPECTED: "prealarm . . . . . .",
    CHECK: "rest . . . . . .",
    EVIDENCE: "rest . . . . . .",
    SERVICE: "rest . . . . . .",
    WITHDRAW: ". rest . . . . .",
    FALL_CANCEL: ". . rest . . . .",
    DECOY_CANCEL: ". . . duress duress duress .",
    TRUE_CANCEL: ". . . rest rest rest rest",
    GUARD_OVER: ". watch . . . . .",
    PREALARM_OVER: ". . fall . . . .",
    TIME_UP: ". . . rest rest rest rest",
    RESUMED: ". watch fall . . . .",
    LAPSED: ". . . rest rest rest rest",
}
ROWS = 47


def fall(bench):
    bench.carry_out(bench.alert._course.happens(FALL, Moment(bench.now_ms, None), bench.now_ms))
    bench.step()


def in_state(state, **rest):
    """A bench whose alert is in this state, long enough for a cancel to count."""
    bench = Bench(**rest)
    bench.time_is(UTC)
    bench.at()
    if state in (GUARD, WATCHING):
        bench.press(WATCH)
    elif state == FALLEN:
        fall(bench)
    elif state == PREALARM:
        bench.tell(FallSuspected(bench.now_ms - 2500, 700, (1, 2)))
    elif state != REST:
        bench.press(DANGER)
    bench.run(5000 if state in (GUARD, PREALARM) else 20000)
    if state == DURESS:
        bench.press(DECOY_CANCEL)
        bench.run(20000)
    assert bench.alert._incident.state == state
    return bench


def snapshot(bench):
    """Everything that an event could change, as text."""
    incident = bench.alert._incident
    outbox = incident.outbox
    kept = [incident.state, bench.alert.context(), outbox.used, outbox.taken, outbox.closing]
    kept += [outbox.silent_until_ms, incident.story.rounds, incident.story.dated]
    kept += [incident.story.press, incident.story.again, incident.story.cancel]
    kept += [bench.alert.wake_ms(bench.now_ms), bench.alert._delivery.in_flight()]
    for recipient in outbox.recipients:
        kept += [recipient.addressed, recipient.reached, recipient.answered]
        kept += [job and (job.kind, job.not_before_ms) for job in recipient.jobs]
    return repr(kept)


def danger(**rest):
    bench = Bench(**rest)
    bench.free = False
    bench.time_is(UTC)
    bench.press(DANGER)
    bench.free = True
    bench.step()
    return bench


def seen(bench, since_ms):
    """What she could feel or an outsider see on the motor since then."""
    return [
        (now_ms - since_ms, repr(command))
        for now_ms, command in bench.said
        if now_ms >= since_ms and isinstance(command, (Vibrate, HapticsHush))
    ]


# -- the table ---------------------------------------------------------------------------------


def test_the_table_has_its_rows_and_no_others():
    assert len(TABLE) == ROWS
    pairs = 0
    for what in HAPPENINGS:
        for state, follows in zip(STATES, EXPECTED[what].split()):
            pairs += 1
            row = TABLE.get((state, what))
            assert (row[0] if row else ".") == follows, (state, what, row)
    assert pairs == len(STATES) * len(HAPPENINGS)
    for state, what in TABLE:
        assert state in STATES and what in HAPPENINGS


def test_each_row_leads_where_it_says_and_all_other_pairs_change_nothing():
    for state in STATES:
        for what in HAPPENINGS:
            bench = in_state(state)
            before = snapshot(bench)
            press = Moment(bench.now_ms - 500, None)
            commands = bench.alert._course.happens(what, press, bench.now_ms)
            row = TABLE.get((state, what))
            if row is None:
                assert commands == [], (state, what)
                assert snapshot(bench) == before, (state, what)
            else:
                assert commands, (state, what)
                assert bench.alert._incident.state == row[0], (state, what)


def test_contexts_for_the_recogniser():
    rows = (
        (REST, AT_REST),
        (GUARD, IN_GUARD),
        (PREALARM, IN_PREALARM),
        (WATCHING, IN_ALERT),
        (FALLEN, IN_ALERT),
        (ENDANGERED, IN_ALERT),
        (DURESS, IN_ALERT),
    )
    for state, context in rows:
        assert in_state(state).alert.context() == context


def test_the_first_command_of_a_trigger_is_its_record():
    for kind, state in ((DANGER, ENDANGERED), (WATCH, GUARD)):
        for utc_s in (None, UTC):
            bench = Bench()
            if utc_s is not None:
                bench.time_is(utc_s)
            bench.now_ms = 61000
            bench.press(kind, 1000)
            known = -1 if utc_s is None else utc_s + 59
            assert bench.said[0][1] == JournalAppend("trigger", (state, known))
    bench = in_state(WATCHING)
    before = len(bench.said)
    bench.press(DANGER_AGAIN)
    assert bench.said[before][1].kind == "raised"


# -- watch -------------------------------------------------------------------------------------


def test_a_watch_has_its_guard_its_contacts_and_its_end():
    bench = Bench()
    bench.time_is(UTC)
    bench.press(WATCH, 3000)
    bench.run(9999)
    assert bench.sent == [] and bench.alert.context() == IN_GUARD
    assert bench.meanings() == ["tick"]
    assert (bench.awake, bench.gnss) == (1, GNSS_TRACK)
    bench.run(1)
    assert bench.numbers() == [NUMBERS[1]]
    assert bench.texts()[0].startswith("Julie n'est pas tranquille, 21:41.")
    bench.run(HOUR - 1)
    assert bench.alert.context() == IN_ALERT
    bench.run(MINUTE)
    assert bench.texts()[-1] == (
        "Julie: fin de la veille de 21:41, à 22:42. Plus de suivi. Si vous ne l'avez pas eue de "
        "vive voix, prenez de ses nouvelles comme convenu."
    )
    assert set(bench.numbers()) == {NUMBERS[1]}
    assert bench.alert.context() == AT_REST and bench.journal == []
    assert (bench.awake, bench.gnss) == (0, GNSS_STANDBY)
    assert bench.meanings() == ["tick", "trying", "taken"]


def test_a_watch_without_role_goes_to_the_first_contact():
    bench = Bench(config(contacts=contacts(watch=())))
    bench.press(WATCH)
    bench.run(20000)
    assert bench.numbers() == [NUMBERS[0]]


def test_a_withdrawn_watch_never_was():
    bench = Bench()
    bench.press(WATCH)
    bench.run(6000)
    bench.press(WITHDRAW)
    bench.run(HOUR)
    assert bench.sent == [] and bench.journal == []
    assert bench.meanings() == ["tick", "withdrawn"]
    assert (bench.awake, bench.gnss) == (0, GNSS_STANDBY)
    assert bench.alert.wake_ms(bench.now_ms) is None


def test_danger_in_the_guard_is_danger_for_all():
    bench = in_state(GUARD)
    bench.press(DANGER)
    bench.run(MINUTE)
    assert bench.numbers("DANGER") == FIRSTS and bench.numbers("tranquille") == []


def test_danger_in_a_watch_is_danger_for_all_with_its_own_time():
    for kind in (DANGER, DANGER_AGAIN):
        bench = in_state(WATCHING, settings=config(danger_max_ms=HOUR))
        bench.run(10 * MINUTE)
        before = len(bench.felt)
        bench.press(kind)
        bench.run(MINUTE)
        assert bench.numbers("DANGER Julie 21:52") == FIRSTS
        assert [f[1] for f in bench.felt[before:]] == ["trying", "taken"]
        bench.run(HOUR)
        assert bench.numbers("fin du suivi") == FIRSTS


# -- danger ------------------------------------------------------------------------------------


def test_danger_ends_after_twelve_hours():
    bench = danger()
    bench.run(12 * HOUR - 1)
    assert bench.alert.context() == IN_ALERT
    bench.run(MINUTE)
    assert bench.alert.context() == AT_REST and bench.journal == []
    assert bench.numbers("fin du suivi") == FIRSTS
    assert bench.texts()[-1] == (
        "Julie: fin du suivi à 09:42 (durée maximale). Ce N'EST PAS un retour au calme. Si "
        "personne ne lui a parlé, appelez le 17."
    )


def test_an_end_still_tells_those_who_never_heard_of_the_beginning():
    off = [True]
    bench = danger(
        answer=lambda number, nth: "long" if off[0] else "ok",
        settings=config(danger_max_ms=20 * MINUTE),
    )
    bench.run(30 * MINUTE)
    off[0] = False
    bench.tell(ModemReady())
    bench.run(5 * MINUTE)
    for number in NUMBERS:
        heard = bench.texts(number, "ok")
        assert len(heard) == 2 and "DANGER" in heard[0] and "fin du suivi" in heard[1]


def test_what_an_alert_still_has_to_say_is_given_up_a_day_after_its_end():
    bench = Bench(config(danger_max_ms=MINUTE, validity_min=30))
    bench.free = False
    bench.press(DANGER)
    bench.run(24 * HOUR + MINUTE - 1)
    assert bench.journal
    bench.run(1)
    assert bench.journal == [] and bench.alert.wake_ms(bench.now_ms) is None


def test_danger_again_is_a_fresh_position_for_all():
    bench = danger()
    bench.run(20000)
    bench.at(north_m=500)
    bench.run(20000)
    before = len(bench.sent)
    bench.run(5 * MINUTE)
    bench.at(north_m=900)
    bench.press(DANGER_AGAIN)
    bench.run(MINUTE)
    again = [s for s in bench.sent[before:] if "suivi" not in s[2]]
    assert [s[1] for s in again] == FIRSTS
    for _, _, text, _ in again:
        assert text.startswith("DANGER Julie 21:47.") and "q=45.76853" in text
    assert bench.meanings() == ["trying", "taken"] * 2


def test_danger_again_follows_the_first_that_is_in_flight():
    bench = danger(latency_ms=10000)
    bench.run(15000)
    bench.press(DANGER_AGAIN)
    bench.run(3 * MINUTE)
    assert bench.numbers() == FIRSTS + FIRSTS[:2], "nobody gets a second before all have one"
    assert [t[:18] for t in bench.texts(NUMBERS[1])] == [
        "DANGER Julie 21:41",
        "DANGER Julie 21:42",
    ]


def test_danger_again_goes_at_once_to_who_could_not_be_reached():
    bad = NUMBERS[:2]
    bench = danger(answer=lambda number, nth: "number" if number in bad and nth < 2 else "ok")
    bench.run(6 * MINUTE)
    before = len(bench.sent)
    assert bench.numbers()[5:] == list(bad), "and not before a quarter of an hour"
    bench.press(DANGER_AGAIN)
    bench.run(MINUTE)
    assert bench.numbers()[before:] == FIRSTS


def test_evidence_check_and_service_are_not_there_yet():
    for kind in (CHECK, EVIDENCE, SERVICE):
        bench = Bench()
        bench.press(kind)
        bench.run(MINUTE)
        assert [c for _, c in bench.said] == [Vibrate("not_yet", 1)]
        assert bench.alert.wake_ms(bench.now_ms) is None
        for state in (GUARD, PREALARM, WATCHING, ENDANGERED, DURESS):
            bench = in_state(state)
            before = len(bench.said)
            bench.carry_out(bench.alert._course.happens(kind, Moment(0, None), bench.now_ms))
            assert len(bench.said) == before


def test_a_fall_in_a_danger_is_told_at_once():
    for state in (ENDANGERED, DURESS, WATCHING):
        bench = in_state(state)
        before = len(bench.sent)
        fall(bench)
        bench.run(9000)
        assert [s[1] for s in bench.sent[before:]] == FIRSTS
        assert "CHUTE Julie 21:42, pas" in bench.texts()[-1]


# -- cancels -----------------------------------------------------------------------------------


def cancelled(kind, state=ENDANGERED, **rest):
    bench = in_state(state, **rest)
    since_ms = bench.now_ms
    bench.press(kind)
    return bench, since_ms


def test_true_cancel_tells_those_who_were_alerted():
    bench, _ = cancelled(TRUE_CANCEL)
    bench.run(MINUTE)
    assert bench.numbers("annulé") == FIRSTS
    assert bench.texts()[-1] == (
        "Julie a annulé à 21:42 l'alerte de 21:41. Vérifiez DE VIVE VOIX avec le mot convenu. "
        "Pas de mot, ou doute: appelez le 17."
    )
    assert bench.alert.context() == AT_REST and bench.journal == []


def test_a_cancel_before_any_message_was_accepted_sends_nothing():
    for kind in (TRUE_CANCEL,):
        bench = danger(answer=lambda number, nth: "long")
        bench.run(20000)
        bench.press(kind)
        before = len(bench.sent)
        bench.run(HOUR)
        assert len(bench.sent) == before and bench.journal == []


def test_a_cancel_is_told_even_where_the_number_was_refused_later():
    bench = danger(answer=lambda number, nth: "number" if nth in (1, 2) else "ok")
    bench.run(12000)
    bench.at()
    bench.run(12000)
    assert bench.numbers("lieu plus") == FIRSTS
    bench.press(TRUE_CANCEL)
    bench.run(MINUTE)
    assert sorted([s[1] for s in bench.sent if "annulé" in s[2] and s[3] == "ok"]) == FIRSTS


def test_one_in_flight_at_the_cancel_is_told_of_it_if_it_arrives():
    for outcome, told in (("ok", True), ("doubt", True), ("long", False)):
        bench = danger(
            answer=lambda number, nth, o=outcome: o if nth == 0 else "ok", latency_ms=30000
        )
        bench.run(10000)
        bench.press(TRUE_CANCEL)
        bench.run(5 * MINUTE)
        assert bench.numbers("annulé") == ([NUMBERS[0]] if told else []), outcome
        assert len(bench.numbers("DANGER")) == 1


def test_decoy_warns_everybody_and_goes_on():
    bench, _ = cancelled(DECOY_CANCEL)
    bench.run(MINUTE)
    assert bench.numbers("FORCEE") == FIRSTS
    assert "FORCEE à 21:42. DANGER: appelez le 17" in bench.texts()[-1]
    bench.run(8 * MINUTE, walk=lambda now_ms: now_ms // 100)
    assert len(bench.numbers("suivi")) == 8
    assert bench.alert.context() == IN_ALERT
    before = len(bench.felt)
    bench.tell(SmsReceived(NUMBERS[0], "OK"))
    bench.tell(SmsReport(1, NUMBERS[0], 0))
    bench.press(DANGER_AGAIN)
    bench.run(MINUTE)
    assert len(bench.felt) == before, "nothing more is felt"
    assert bench.numbers("DANGER Julie")[5:] == FIRSTS
    bench.press(TRUE_CANCEL)
    bench.run(MINUTE)
    assert bench.numbers("annulé") == FIRSTS


def test_decoy_and_true_cancel_feel_the_same_and_are_as_silent():
    for state in (WATCHING, FALLEN, ENDANGERED):
        traces = []
        for kind in (TRUE_CANCEL, DECOY_CANCEL):
            bench, since_ms = cancelled(kind, state)
            before = len(bench.sent)
            bench.run(4999)
            assert len(bench.sent) == before, "radio silence"
            bench.run(1)
            assert len(bench.sent) == before + 1
            bench.tell(SmsReport(1, bench.sent[0][1], 0))
            bench.tell(SmsReceived(bench.sent[0][1], "oui"))
            bench.run(10 * MINUTE)
            traces.append(seen(bench, since_ms))
        assert traces[0] == traces[1], state
        assert traces[0] == [(0, repr(Vibrate("cancelled", 1))), (0, repr(HapticsHush(1)))]


def test_the_hush_ends_with_her_next_gesture():
    bench, since_ms = cancelled(TRUE_CANCEL)
    bench.run(MINUTE)
    bench.press(CHECK)
    assert [s[1] for s in seen(bench, since_ms)[2:]] == [
        repr(HapticsHush(0)),
        repr(Vibrate("not_yet", 1)),
    ]


def test_no_cancel_in_the_first_three_seconds():
    for kind in (TRUE_CANCEL, DECOY_CANCEL):
        for wait_ms, counts in ((2999, False), (3000, True)):
            bench = danger(latency_ms=500)
            bench.run(wait_ms)
            before = snapshot(bench)
            bench.press(kind)
            assert (snapshot(bench) != before) is counts, (kind, wait_ms)
            assert ("cancelled" in bench.meanings()) is counts


def test_danger_right_after_a_cancel_does_not_wait_for_the_silence():
    bench, _ = cancelled(TRUE_CANCEL)
    bench.run(3000)
    before = len(bench.sent)
    bench.press(DANGER)
    bench.run(10000)
    assert [s[1] for s in bench.sent[before:]] == FIRSTS
    assert bench.numbers("annulé") == []
    assert bench.kinds()[0:1] + bench.kinds()[-1:] == ["trigger", "sent"]


def test_a_decoy_of_a_watch_ends_as_a_danger_does_and_can_still_be_raised():
    settings = config(danger_max_ms=3 * HOUR)
    bench, _ = cancelled(DECOY_CANCEL, WATCHING, settings=settings)
    bench.run(2 * HOUR)
    assert bench.alert.context() == IN_ALERT
    assert set(bench.numbers()) == {NUMBERS[1]}
    bench.press(DANGER_AGAIN)
    bench.run(MINUTE)
    # Those who have not heard of anything yet come first.
    assert bench.numbers("DANGER Julie 23:4") == [NUMBERS[i] for i in (0, 2, 3, 4, 1)]
    bench.run(HOUR)
    assert bench.numbers("fin du suivi") == FIRSTS


# -- what is felt ------------------------------------------------------------------------------


def test_a_hold_is_felt_firmly_first():
    rows = ((500, ["trying"]), (2999, ["trying"]), (3000, ["firm", "trying"]))
    for ago_ms, felt in rows:
        bench = Bench()
        bench.free = False
        bench.press(DANGER, ago_ms)
        assert bench.meanings() == felt


def test_taken_is_felt_once_and_only_after_an_acceptance():
    bench = danger(answer=lambda number, nth: "ok" if number == NUMBERS[2] else "short")
    bench.run(MINUTE)
    assert bench.felt == [(1000, "trying", 1), (7000, "taken", 1)]
    assert bench.sent[2][0] == 5000


def test_delivered_and_answered_are_unasked():
    bench = danger()
    bench.run(20000)
    bench.tell(SmsReport(3, NUMBERS[2], 0))
    bench.tell(SmsReport(2, NUMBERS[1], 0))
    bench.tell(SmsReceived(NUMBERS[1], "Oui j'arrive"))
    assert [f[1:] for f in bench.felt[2:]] == [("delivered", 0), ("answered", 0)]


def test_failed_is_felt_within_five_seconds_of_everybody_failing():
    for failure in ("number", "long", "sim", "ours", "modem", "doubt"):
        bench = danger(answer=lambda number, nth, f=failure: f, latency_ms=1000)
        bench.run(10 * MINUTE)
        failed = [f[0] for f in bench.felt if f[1] == "failed"]
        assert len(failed) == 1, failure
        assert 6000 <= failed[0] <= 11000, (failure, failed)
        bench.press(DANGER_AGAIN)
        bench.run(10 * MINUTE)
        assert len([f for f in bench.felt if f[1] == "failed"]) == 2, failure


def test_failed_is_not_felt_while_one_contact_is_reached():
    bench = danger(answer=lambda number, nth: "ok" if number == NUMBERS[4] else "long")
    bench.run(10 * MINUTE)
    assert bench.meanings() == ["trying", "taken"]


def test_failed_then_taken_when_the_network_is_back():
    off = [True]
    bench = danger(answer=lambda number, nth: "long" if off[0] else "ok")
    bench.run(5 * MINUTE)
    off[0] = False
    bench.run(2 * MINUTE)
    assert bench.meanings() == ["trying", "failed", "taken"]


def test_failed_is_felt_when_the_modem_is_never_free():
    bench = Bench()
    bench.free = False
    bench.press(DANGER)
    bench.run(30 * MINUTE)
    assert bench.felt == [(1000, "trying", 1), (21000, "failed", 1)]


def test_an_answer_after_the_end_is_not_felt():
    bench = danger(settings=config(danger_max_ms=MINUTE))
    bench.run(65000)
    felt = list(bench.felt)
    bench.tell(SmsReceived(NUMBERS[0], "OK"))
    bench.tell(SmsReport(1, NUMBERS[0], 0))
    assert bench.felt == felt and "answer" not in bench.kinds()


def test_a_new_alert_is_felt_anew():
    bench, since_ms = cancelled(TRUE_CANCEL)
    bench.run(MINUTE)
    bench.press(DANGER)
    bench.run(20000)
    assert bench.meanings() == ["trying", "taken", "cancelled", "trying", "taken"]
    assert seen(bench, since_ms)[2][1] == repr(HapticsHush(0))


# -- after a reset -----------------------------------------------------------------------------


def cut(bench, off_ms=5000):
    """The power goes, and comes back off_ms later (unseen by the clock of the board)."""
    bench.now_ms += off_ms
    return bench.now_ms


def boot(bench, off_s, time_known=True):
    """The power was off for so long; the board's clock starts anew."""
    known = bench.alert._situation.utc_s(bench.now_ms) or UTC + (bench.now_ms - 1000) // 1000
    utc_s = known + off_s
    bench.now_ms = 700
    bench.boot(utc_s if time_known else None)
    return utc_s


def test_off_for_less_than_half_an_hour_it_resumes_in_full():
    for off_s in (3, 1700):
        bench = danger()
        bench.run(MINUTE)
        sent = len(bench.sent)
        boot(bench, off_s)
        assert bench.alert.context() == IN_ALERT
        bench.run(9 * MINUTE, walk=lambda now_ms: now_ms // 100)
        later = bench.sent[sent:]
        assert [s[1] for s in later if "lieu plus" in s[2]] == FIRSTS
        assert [s for s in later if "suivi" in s[2]]
        assert not [s for s in later if "DANGER" in s[2]], "they all had it"
        bench.press(TRUE_CANCEL)
        bench.run(MINUTE)
        assert bench.numbers("l'alerte de 21:41") == FIRSTS
        assert bench.meanings() == ["trying", "taken", "cancelled"]


def test_what_is_felt_goes_on_after_a_short_time_off():
    bench = danger(answer=lambda number, nth: "long")
    bench.run(10000)
    bench.answer = lambda number, nth: "ok"
    boot(bench, 60)
    bench.run(20000)
    bench.tell(SmsReport(1, NUMBERS[0], 0))
    assert bench.meanings() == ["trying", "taken", "delivered"]


def test_the_limits_count_through_a_reset():
    bench = in_state(WATCHING)
    bench.run(30 * MINUTE)
    boot(bench, 600)
    bench.run(18 * MINUTE)
    assert bench.alert.context() == IN_ALERT
    bench.run(3 * MINUTE)
    assert bench.alert.context() == AT_REST
    assert bench.texts()[-1].startswith("Julie: fin de la veille de 21:41, à 22:4")


def test_off_for_longer_only_late_first_messages_and_one_word_to_each():
    reached = lambda number, nth: "ok" if number in NUMBERS[:2] or nth > 3 else "long"  # noqa: E731
    bench = danger(answer=reached)
    bench.run(MINUTE)
    sent = len(bench.sent)
    felt = len(bench.felt)
    bench.answer = lambda number, nth: "ok"
    boot(bench, 5280)
    bench.at()
    assert bench.alert.context() == AT_REST
    bench.run(2 * HOUR, walk=lambda now_ms: now_ms // 100)
    later = bench.sent[sent:]
    assert [s[1] for s in later if "DANGER" in s[2]] == FIRSTS[2:]
    for text in [s[2] for s in later if "DANGER" in s[2]]:
        assert "DANGER Julie 05/11 21:41. " in text, text
    assert [s[1] for s in later if "rallumé" in s[2]] == FIRSTS
    place = "https://maps.google.com/?q="
    head = (
        "Julie: bouton rallumé à 23:11. L'alerte du 05/11 21:41 N'EST PAS levée, appelez le 17. "
    )
    for text in [s[2] for s in later if "rallumé" in s[2]]:
        assert text.startswith(head + place), text
    assert len(later) == 8, "no tracking"
    assert len(bench.felt) == felt, "no vibration"
    assert bench.journal == []


def test_switched_on_again_waits_for_the_present_place():
    bench = danger()
    bench.run(MINUTE)
    boot(bench, 7200)
    bench.tell(CellSeen(CELL))
    bench.run(30000)
    assert bench.numbers("rallumé") == []
    assert bench.gnss == GNSS_TRACK
    bench.at()
    bench.run(20000)
    assert bench.numbers("rallumé") == FIRSTS
    bench = danger()
    bench.run(MINUTE)
    boot(bench, 7200)
    bench.tell(CellSeen(CELL))
    bench.run(3 * MINUTE)
    assert bench.numbers("antenne 208-01-1A2B-0123456") == FIRSTS


def test_while_the_time_off_is_unknown_only_first_messages_leave():
    bench = danger(answer=lambda number, nth: "ok" if number == NUMBERS[0] else "long")
    bench.run(MINUTE)
    sent, felt = len(bench.sent), len(bench.felt)
    bench.answer = lambda number, nth: "ok"
    utc_s = boot(bench, 1000, time_known=False)
    bench.run(2 * MINUTE, walk=lambda now_ms: now_ms // 20)
    assert bench.numbers()[sent:] == FIRSTS[1:]
    assert bench.sent[sent][0] == 700, "at once"
    for text in bench.texts()[sent:]:
        assert "DANGER Julie 05/11 21:41. " in text, "of whatever day"
    assert len(bench.felt) == felt
    bench.time_is(utc_s + 120)
    bench.run(4 * MINUTE, walk=lambda now_ms: now_ms // 20)
    assert bench.numbers("suivi") and bench.numbers("lieu plus")


def test_without_a_time_for_three_minutes_it_resumes_in_full():
    bench = danger()
    bench.run(MINUTE)
    sent = len(bench.sent)
    boot(bench, 100000, time_known=False)
    bench.run(3 * MINUTE - 1, walk=lambda now_ms: now_ms // 20)
    assert len(bench.sent) == sent
    bench.run(5 * MINUTE, walk=lambda now_ms: now_ms // 20)
    assert bench.numbers("lieu plus") and bench.numbers("suivi")
    assert bench.alert.context() == IN_ALERT


def test_a_long_time_off_that_is_learnt_late_still_lapses():
    bench = danger()
    bench.run(MINUTE)
    utc_s = boot(bench, 90000, time_known=False)
    bench.run(MINUTE)
    bench.time_is(utc_s + 60)
    bench.at()
    bench.run(MINUTE)
    assert bench.numbers("rallumé") == FIRSTS
    assert bench.alert.context() == AT_REST


def test_her_press_ends_the_doubt_about_the_time_off():
    bench = danger()
    bench.run(MINUTE)
    sent = len(bench.sent)
    utc_s = boot(bench, 90000, time_known=False)
    bench.run(20000)
    bench.press(DANGER_AGAIN)
    bench.run(20000)
    assert bench.numbers("DANGER")[sent:] == FIRSTS
    bench.time_is(utc_s + 40)
    bench.run(MINUTE)
    assert bench.alert.context() == IN_ALERT and bench.numbers("rallumé") == []


def test_the_time_of_a_press_that_was_learnt_later_survives():
    bench = Bench()
    bench.press(DANGER)
    bench.run(20000)
    assert bench.journal[0] == ("trigger", (ENDANGERED, -1))
    bench.time_is(UTC)
    assert ("press", (UTC - 21,)) in bench.journal
    bench.now_ms = 700
    bench.boot(UTC + 7200)
    bench.at()
    bench.run(MINUTE)
    assert "L'alerte du 05/11 21:41 N'EST PAS" in bench.texts()[-1]


def test_a_press_learnt_later_is_no_sign_of_life():
    bench = CutBench(1000)
    bench.press(DANGER)
    bench.run(40 * MINUTE)
    bench.left = 1
    try:
        bench.time_is(UTC)
    except Cut:
        pass
    assert bench.kinds()[-1] == "press"
    bench.left = 1000
    bench.boot(UTC + 60)
    assert bench.alert.context() == IN_ALERT
    bench.run(4 * MINUTE)
    assert bench.numbers("rallumé") == []


def test_signs_of_life_every_minute_while_utc_is_known():
    bench = Bench()
    bench.press(DANGER)
    bench.run(10 * MINUTE)
    assert "alive" not in bench.kinds()
    bench.time_is(UTC)
    bench.run(10 * MINUTE - 1)
    alive = [r[1][0] for r in bench.journal if r[0] == "alive"]
    assert alive == [UTC + 60 * i for i in range(10)]


def test_what_is_decided_at_a_restart_is_written_down():
    bench = danger()
    bench.run(MINUTE)
    boot(bench, 7200)
    assert bench.kinds()[-1] == "closed"
    bench = in_state(GUARD)
    boot(bench, 20)
    assert "raised" in bench.kinds()


def test_a_guard_cut_short_becomes_its_watch():
    bench = in_state(GUARD)
    boot(bench, 20)
    bench.run(MINUTE)
    assert bench.numbers() == [NUMBERS[1]]
    assert "tranquille, 21:41." in bench.texts()[0]


def test_a_decoy_survives_and_stays_silent():
    bench = in_state(DURESS)
    felt = len(bench.felt)
    hushes = len([c for _, c in bench.said if isinstance(c, HapticsHush)])
    boot(bench, 20)
    assert [c for _, c in bench.said if isinstance(c, HapticsHush)][hushes:] == [HapticsHush(1)]
    bench.press(DANGER_AGAIN)
    bench.tell(SmsReceived(NUMBERS[0], "OK"))
    bench.run(MINUTE)
    assert len(bench.felt) == felt
    assert bench.numbers("DANGER Julie")[5:] == FIRSTS


def test_who_answered_is_remembered():
    bench = danger()
    bench.run(20000)
    bench.tell(SmsReceived(NUMBERS[3], "ok"))
    boot(bench, 20)
    bench.run(5 * MINUTE, walk=lambda now_ms: now_ms // 20)
    assert set(bench.numbers("suivi")) == {NUMBERS[3]}


def test_tracking_goes_on_counting():
    bench = danger()
    bench.run(5 * MINUTE, walk=lambda now_ms: now_ms // 20)
    boot(bench, 20)
    bench.run(2 * MINUTE, walk=lambda now_ms: now_ms // 20)
    rounds = [t.split("suivi ")[1][0] for t in bench.texts(NUMBERS[0]) if "suivi" in t]
    assert rounds == ["1", "2", "3"]


def test_a_closing_text_survives():
    for kind, word, ms in ((TRUE_CANCEL, "annulé", 10000), (TIME_UP, "fin du suivi", 36000)):
        bench = danger(settings=config(danger_max_ms=MINUTE))
        bench.run(30000)
        if kind == TRUE_CANCEL:
            bench.press(kind)
        bench.run(ms)
        told = bench.numbers(word)
        assert 0 < len(told) < 5
        boot(bench, 600)
        bench.run(MINUTE)
        # The one in flight at the cut is told again, with its mark.
        again = [s[1] for s in bench.sent if word in s[2] and s[2].startswith("(2) ")]
        assert again == told[-1:]
        assert sorted(set(bench.numbers(word))) == FIRSTS
        assert bench.journal == []


def test_a_journal_of_another_firmware_is_read_as_far_as_it_can_be():
    bench = Bench()
    bench.journal = [
        ("trigger", ("danger", UTC)),
        ("sent", (0, 0, 0)),
        ("sent", (9, 0, 0)),
        ("sent", (1,)),
        ("sent", ()),
        ("try", ("x", 0, 0)),
        ("doubt", (2, 17)),
        ("news", (1, 2, 3)),
        ("alive", ()),
        ("answer", (77,)),
    ]
    bench.boot(UTC + 60)
    bench.run(MINUTE)
    assert set(bench.numbers()) == set(FIRSTS[1:])


def test_nothing_to_restore():
    bench = Bench()
    bench.boot(UTC)
    bench.run(HOUR)
    assert bench.said == [] and bench.alert.wake_ms(bench.now_ms) is None


class Cut(Exception):
    """The power goes right after a record is complete."""


def begin(bench, what):
    if what == FALL:
        bench.tell(FallSuspected(bench.now_ms - 2500, 700, (1, 2)))
    else:
        bench.press(what)


def play(bench, rng):
    """An alert of some minutes with everything in it, by seed."""
    bench.run(rng.between(1, 9) * 1000)
    begin(bench, rng.choice((DANGER, WATCH, FALL)))
    for _ in range(rng.between(2, 6)):
        bench.run(rng.between(1, 90) * 1000, walk=lambda now_ms: now_ms // 100)
        what = rng.below(7)
        if what == 6:
            begin(bench, FALL)
        if what == 0:
            bench.press(DANGER_AGAIN)
        elif what == 1:
            bench.press(DECOY_CANCEL)
        elif what == 2:
            bench.tell(SmsReceived(rng.choice(NUMBERS), "OK"))
        elif what == 3:
            bench.time_is(UTC + bench.now_ms // 1000)
    bench.run(MINUTE)


class CutBench(Bench):
    """Raises Cut when the nth record has been written."""

    def __init__(self, records, **rest):
        self.left = records
        Bench.__init__(self, **rest)

    def carry_out(self, commands):
        for command in commands:
            Bench.carry_out(self, [command])
            if isinstance(command, JournalAppend):
                self.left -= 1
                if self.left == 0:
                    raise Cut()


def outcomes(rng):
    return lambda number, nth: rng.choice(("ok", "ok", "ok", "doubt", "short", "long"))


def test_cut_after_every_record_of_an_alert_everybody_still_gets_a_message():
    for seed in range(depth(100)):
        records = 0
        while True:
            records += 1
            rng = Rng(seed)
            bench = CutBench(records, answer=outcomes(Rng(seed + 1)))
            try:
                play(bench, rng)
                break
            except Cut:
                pass
            state = bench.alert._incident.state
            first = [s[1] for s in bench.sent]
            where = (seed, records, state, bench.journal[-1])
            bench.left = 100000
            bench.answer = lambda number, nth: "ok"
            # Some come back with a time, some learn it, some never do.
            bench.now_ms = 700
            bench.boot(None if records % 3 else UTC + 600)
            bench.run(MINUTE)
            if records % 3 == 1:
                bench.time_is(UTC + 700)
            bench.run(13 * MINUTE, walk=lambda now_ms: now_ms // 100)
            bench.run(2 * MINUTE)
            due = FIRSTS if state not in (GUARD, WATCHING) else [NUMBERS[1]]
            if state == DURESS and "danger" not in repr(bench.journal[:1]):
                due = [NUMBERS[1]]
            for number in due:
                assert bench.texts(number, "ok"), (where, number)
            for number in NUMBERS:
                late = [s for s in bench.sent[len(first) :] if s[1] == number]
                alike = [s[2] for s in late if "suivi" not in s[2]]
                assert len(set(alike)) == len(alike), (where, alike)
            assert not bench.alert._incident.busy(), where


def test_cut_in_flight_is_sent_again_marked_and_only_once():
    for records in range(2, 12):
        bench = CutBench(records)
        try:
            bench.time_is(UTC)
            bench.press(DANGER)
            bench.run(MINUTE)
        except Cut:
            pass
        last = bench.journal[-1]
        before = len(bench.sent)
        bench.left = 100000
        boot(bench, 5)
        bench.run(MINUTE)
        marked = [s[1] for s in bench.sent[before:] if s[2].startswith("(2) DANGER")]
        assert marked == ([NUMBERS[last[1][0]]] if last[0] == "try" else []), last
        assert sorted(set(bench.numbers())) == FIRSTS


def test_many_tries_leave_a_bounded_journal():
    bench = danger(answer=lambda number, nth: "short")
    bench.run(30 * MINUTE)
    assert bench.kinds().count("try") == 5 * 4
    assert len(bench.sent) > 100
    boot(bench, 60)
    bench.run(1000)
    assert bench.texts()[-1].startswith("(2) "), "one that was not noted may be in flight"


def test_a_day_of_alert_fits_the_smallest_journal():
    bench = danger()
    for number in NUMBERS:
        bench.tell(SmsReceived(number, "ok"))
    bench.run(2 * HOUR)
    before = len(bench.journal)
    bench.run(HOUR)
    hourly = len(bench.journal) - before
    # A record is 10 bytes and its JSON, in cells of 16. The smallest journal has 12 sectors of
    # 4 KB, and one page of 256 bytes holds fewer of them than its size says.
    largest = 0
    for kind, values in bench.journal:
        body = 4 + len(kind) + sum([len(str(v)) + 1 for v in values])
        largest = max(largest, (10 + body + 15) // 16 * 16)
    assert largest <= 48
    assert (before + 10 * hourly) * largest < 12 * 4096


def test_journal_values_are_words_and_numbers_never_secrets():
    bench = in_state(DURESS)
    for kind, values in bench.journal:
        for value in (kind,) + values:
            assert isinstance(value, int) or (value.isalpha() or "_" in value) and len(value) <= 16
        assert "6399801" not in repr(values) and "4576" not in repr(values)


def test_commands_never_repeat_themselves_at_rest():
    bench = Bench()
    for _ in range(100):
        for event in (Tick(), ModemFree(), ModemReady()):
            assert bench.alert.handle(event, bench.now_ms) == []
        bench.now_ms += 60000
    assert not [c for _, c in bench.said if isinstance(c, (SendSms, JournalClose))]


# -- one alert after another -------------------------------------------------------------------


def unheard(ends, **rest):
    """A bench where nobody could be told of a danger that is over, nor yet of its end."""
    off = [True]
    bench = danger(
        answer=lambda number, nth: "long" if off[0] else "ok",
        settings=config(danger_max_ms=HOUR, watch_max_ms=20 * MINUTE),
        **rest,
    )
    bench.off = off
    bench.run(20000)
    ends(bench)
    bench.run(20000)
    assert bench.alert.context() == AT_REST and bench.texts(None, "ok") == []
    return bench


def time_is_up(bench):
    bench.run(HOUR)


def lapses(bench):
    boot(bench, 5280)
    bench.at()


def network(bench, minutes=3):
    """The network is back; the texts that each contact got since then, by contact."""
    bench.off[0] = False
    before = len(bench.sent)
    bench.tell(ModemReady())
    bench.run(minutes * MINUTE)
    late = [s for s in bench.sent[before:] if s[3] == "ok"]
    return [[s[2] for s in late if s[1] == number] for number in NUMBERS]


def withdrawn(bench):
    bench.press(WATCH)
    bench.run(6000)
    bench.press(WITHDRAW)


def dismissed(bench):
    begin(bench, FALL)
    bench.run(6000)
    bench.press(FALL_CANCEL)


def watched(bench):
    bench.press(WATCH)
    bench.run(MINUTE)


def watched_to_its_end(bench):
    bench.press(WATCH)
    bench.run(22 * MINUTE)
    assert bench.alert.context() == AT_REST


def test_what_an_alert_could_not_say_survives_a_later_guard_and_watch():
    for ends, word in ((time_is_up, "fin du suivi"), (lapses, "rallumé")):
        for later in (withdrawn, dismissed, watched, watched_to_its_end):
            for reset in (False, True):
                bench = unheard(ends)
                later(bench)
                if reset:
                    boot(bench, 60)
                heard = network(bench)
                where = (word, later, reset, heard)
                for texts in heard:
                    old = [t for t in texts if "veille" not in t and "tranquille" not in t]
                    assert len(old) >= 2 and word in old[1], where
                    # The day it was, and the time that it was.
                    assert "DANGER Julie 05/11 21:4" in old[0], where
                watch = later in (watched, watched_to_its_end)
                assert sum("tranquille" in t for t in heard[1]) == int(watch), where
                told_end = sum("veille" in t for t in heard[1])
                assert told_end == int(later == watched_to_its_end), where
                bench.run(HOUR)
                assert bench.journal == [] and bench.alert.context() == AT_REST, where


def test_nobody_hears_of_a_watch_and_a_danger_while_another_waits_for_her_first():
    bench = Bench(config(danger_max_ms=HOUR))
    bench.free = False
    bench.press(DANGER)
    bench.run(HOUR + MINUTE)
    watched(bench)
    bench.free = True
    bench.step()
    bench.run(20000)
    assert bench.numbers()[:6] == [NUMBERS[i] for i in (1, 0, 2, 3, 4, 1)]


def test_a_watch_in_between_two_others_is_not_lost():
    bench = unheard(time_is_up)
    watched_to_its_end(bench)
    withdrawn(bench)
    withdrawn(bench)
    boot(bench, 60)
    heard = network(bench)
    for index, texts in enumerate(heard):
        assert "DANGER Julie 05/11" in repr(texts), texts
        assert len(texts) == (4 if index == 1 else 2), texts


def test_cancel_texts_survive_a_new_watch_and_keep_their_silence():
    for hold in (False, True):
        bench, since_ms = cancelled(TRUE_CANCEL)
        bench.run(1000)
        before = len(bench.sent)
        bench.press(WATCH)
        bench.run(3999)
        assert len(bench.sent) == before, "radio silence"
        bench.run(MINUTE if hold else 3000)
        if not hold:
            bench.press(WITHDRAW)
            boot(bench, 5)
        bench.run(MINUTE)
        assert sorted(set(bench.numbers("annulé à 21:42 l'alerte de 21:41"))) == FIRSTS
        assert bench.numbers("tranquille") == ([NUMBERS[1]] if hold else [])
        assert bench.sent[before][0] - since_ms == 5000


def test_one_in_flight_through_a_cancel_and_a_new_watch_is_told_of_the_cancel():
    for outcome, told in (("ok", [NUMBERS[0]]), ("doubt", [NUMBERS[0]]), ("long", [])):
        for reset in (False, True):
            bench = danger(
                answer=lambda number, nth, o=outcome: o if nth == 0 else "ok", latency_ms=30000
            )
            bench.run(10000)
            bench.press(TRUE_CANCEL)
            bench.run(5000)
            withdrawn(bench)
            if reset:
                boot(bench, 5)
            bench.run(5 * MINUTE)
            # What is in flight at a cut is in doubt.
            assert bench.numbers("annulé") == ([NUMBERS[0]] if reset else told), outcome
            assert len(bench.numbers("DANGER")) == 1
            assert bench.journal == []
            for _, command in bench.said:
                assert not isinstance(command, JournalAppend) or None not in command.values


def test_a_new_danger_takes_the_place_of_what_was_left_of_an_old_one():
    for reset in (False, True):
        bench = unheard(time_is_up)
        withdrawn(bench)
        bench.press(DANGER)
        bench.run(20000)
        if reset:
            boot(bench, 60)
        for texts in network(bench):
            assert [t for t in texts if "DANGER" in t and " 22:4" in t], texts
            assert not [t for t in texts if "21:4" in t or "fin du" in t], texts


def test_a_new_danger_that_nobody_heard_of_takes_nothing_away():
    bench = unheard(time_is_up)
    bench.press(DANGER)
    bench.run(HOUR + MINUTE)
    for texts in network(bench):
        assert len(texts) == 2 and " 22:4" in texts[0] and "fin du" in texts[1], texts


def test_her_true_cancel_makes_nothing_of_unheard_alerts_but_not_of_heard_ones():
    bench = unheard(time_is_up)
    watched(bench)
    bench.press(TRUE_CANCEL)
    bench.run(20000)
    assert network(bench) == [[]] * 5 and bench.journal == []
    bench = unheard(time_is_up, latency_ms=100)
    once = [NUMBERS[3]]
    bench.answer = lambda number, nth: "ok" if once.count(number) and once.pop() else "long"
    bench.tell(ModemReady())
    bench.run(2000)
    bench.answer = lambda number, nth: "long" if bench.off[0] else "ok"
    assert len(bench.texts(None, "ok")) == 1
    watched(bench)
    bench.press(TRUE_CANCEL)
    bench.run(20000)
    heard = network(bench)
    assert [len(texts) for texts in heard] == [0, 0, 0, 1, 0] and "fin du" in heard[3][0]


def test_earlier_messages_are_not_taken_for_what_she_pressed_now():
    bench = unheard(time_is_up)
    watched(bench)
    felt = len(bench.felt)
    bench.answer = lambda number, nth: "long" if number == NUMBERS[1] else "ok"
    bench.tell(ModemReady())
    bench.run(30000)
    assert len(bench.texts(None, "ok")) == 8
    for ref in range(1, 9):
        for number in NUMBERS:
            bench.tell(SmsReport(ref, number, 0))
    assert [f[1] for f in bench.felt[felt:]] == []


def test_what_is_left_of_an_earlier_alert_is_given_up_in_the_middle_of_another():
    bench = unheard(time_is_up)
    bench.alert._course._closing_ms = bench.now_ms + 30000
    bench.press(WATCH)
    bench.run(MINUTE)
    heard = network(bench)
    assert [len(texts) for texts in heard] == [0, 1, 0, 0, 0] and "tranquille" in heard[1][0]


def test_cut_after_every_record_of_three_alerts_all_of_them_are_heard():
    records = 0
    while True:
        records += 1
        bench = CutBench(
            records, settings=config(danger_max_ms=HOUR), answer=lambda n, nth: "long"
        )
        raised = 0
        try:
            bench.time_is(UTC)
            bench.press(DANGER)
            raised = 1
            bench.run(HOUR + MINUTE)
            raised = 2
            withdrawn(bench)
            bench.press(WATCH)
            bench.run(10500)
            raised = 3
            bench.run(MINUTE)
            assert records > 70
            break
        except Cut:
            pass
        if 30 < records < 60:
            continue  # signs of life
        bench.left = 100000
        bench.answer = lambda number, nth: "ok"
        boot(bench, 5)
        bench.run(3 * MINUTE)
        for number in NUMBERS:
            texts = bench.texts(number, "ok")
            assert [t for t in texts if "DANGER Julie" in t and "21:4" in t], (records, texts)
            assert raised < 2 or [t for t in texts if "fin du" in t], (records, texts)
        assert raised < 3 or bench.texts(NUMBERS[1], "ok")[0].count("tranquille"), records


# -- what she can rely on ----------------------------------------------------------------------


def test_taken_is_only_felt_for_what_her_last_press_queued():
    bench = in_state(GUARD, latency_ms=5000)
    bench.run(7000)
    assert bench.meanings() == ["tick", "trying"]
    bench.press(DANGER)
    bench.answer = lambda number, nth: "long"
    bench.run(15000)
    assert bench.texts(None, "ok")[0].count("tranquille"), "it was in flight"
    assert bench.meanings() == ["tick", "trying", "trying"]
    bench = danger(latency_ms=500)
    bench.run(9000)
    bench.at(north_m=9)
    bench.latency_ms = 5000
    bench.run(3000)
    bench.press(DANGER_AGAIN)
    bench.answer = lambda number, nth: "long"
    bench.run(40000)
    assert "lieu plus" in bench.texts(None, "ok")[-1]
    assert bench.meanings() == ["trying", "taken", "trying", "failed"]
    bench.answer = lambda number, nth: "ok"
    bench.run(MINUTE)
    assert bench.meanings()[4:] == ["taken"]


def test_taken_is_felt_once_for_each_press():
    bench = danger()
    for _ in range(3):
        bench.run(MINUTE)
        bench.press(DANGER_AGAIN)
    bench.run(MINUTE)
    assert bench.meanings() == ["trying", "taken"] * 4


def test_delivered_is_only_felt_for_what_her_last_press_queued():
    bench = danger()
    bench.run(11000)
    bench.at()
    bench.run(12000)
    assert len(bench.sent) == 10
    before = len(bench.felt)
    bench.press(DANGER_AGAIN)
    bench.run(1000)
    for ref in range(1, 11):
        bench.tell(SmsReport(ref, NUMBERS[(ref - 1) % 5], 0))
    assert [f[1] for f in bench.felt[before:]] == ["trying"]
    bench.run(MINUTE)
    bench.tell(SmsReport(11, NUMBERS[0], 0))
    bench.tell(SmsReport(12, NUMBERS[1], 0))
    assert [f[1] for f in bench.felt[before:]] == ["trying", "taken", "delivered"]


def test_what_her_press_came_to_is_asked_for_while_she_waits_for_it():
    for latency_ms, asked in ((60000, 1), (60001, 0), (170000, 0)):
        for outcome, meaning in (("ok", "taken"), ("long", "failed")):
            bench = danger(
                answer=lambda number, nth, o=outcome: o,
                latency_ms=latency_ms if outcome == "ok" else latency_ms - 4000,
                settings=config(contacts=contacts(count=1)),
            )
            bench.run(175000)
            assert bench.felt[1:] == [(1000 + latency_ms, meaning, asked)]


def test_the_end_of_a_guard_answers_her_watch():
    bench = Bench()
    bench.press(WATCH)
    bench.run(20000)
    assert [f[1:] for f in bench.felt] == [("tick", 1), ("trying", 1), ("taken", 1)]
    bench = Bench()
    fall(bench)
    assert [f[1:] for f in bench.felt] == [("trying", 0)], "nobody asked"


def test_with_the_budget_spent_failed_is_felt_within_five_seconds():
    bench = danger(settings=config(sms_budget=30, sms_reserve=10))
    for _ in range(3):
        bench.run(MINUTE)
        bench.press(DANGER_AGAIN)
    bench.run(MINUTE)
    assert len(bench.sent) == 20
    before = len(bench.felt)
    press_ms = bench.now_ms
    bench.press(DANGER_AGAIN)
    bench.run(MINUTE)
    assert [f[1] for f in bench.felt[before:]] == ["trying", "failed"]
    assert bench.felt[-1][0] - press_ms <= 5000


def test_with_the_budget_spent_by_doubts_the_end_is_still_told():
    doubt = [True]
    bench = danger(
        settings=config(
            sms_budget=12, sms_reserve=6, danger_max_ms=HOUR, contacts=contacts(count=2)
        ),
        answer=lambda number, nth: "doubt" if doubt[0] and number == NUMBERS[0] else "ok",
    )
    bench.run(HOUR - 1000)
    assert len(bench.sent) == 6 and bench.texts(NUMBERS[0], "ok") == []
    doubt[0] = False
    bench.run(MINUTE)
    for number in NUMBERS[:2]:
        heard = bench.texts(number, "ok")
        assert len(heard) == 2 and "DANGER" in heard[0] and "fin du suivi" in heard[1]
    assert bench.journal == []


def test_a_third_press_still_counts_after_a_reset_in_the_guard():
    for kind in (DANGER, None):
        bench = in_state(GUARD)
        boot(bench, 3, time_known=False)
        assert bench.alert.context() == IN_GUARD
        bench.run(3000)
        assert bench.numbers("tranquille") == [NUMBERS[1]], "help does not wait for it"
        if kind is not None:
            bench.press(kind)
            assert bench.alert.context() == IN_ALERT
            bench.run(20000)
            assert bench.numbers("DANGER Julie") == FIRSTS
        else:
            bench.run(6999)
            assert bench.alert.context() == IN_GUARD
            bench.run(1)
            assert bench.alert.context() == IN_ALERT
            bench.run(HOUR)
            assert set(bench.numbers()) == {NUMBERS[1]}


def test_off_for_less_than_half_an_hour_counts_the_doubt_in_her_favour():
    for off_s, resumes in ((1859, True), (1860, False)):
        bench = danger()
        bench.run(29000)
        bench.now_ms = 700
        bench.boot(UTC - 1 + off_s)  # her press is the last sign of life
        assert (bench.alert.context() == IN_ALERT) is resumes, off_s


def test_the_newest_sign_of_life_counts_whatever_was_written_last():
    bench = danger()
    bench.run(5 * MINUTE)
    newest = max([r[1][0] for r in bench.journal if r[0] == "alive"])
    bench.journal.append(("again", ("again", newest - 3000)))
    bench.now_ms = 700
    bench.boot(newest + 1700)
    assert bench.alert.context() == IN_ALERT


def test_a_cancel_leaves_the_end_to_those_who_may_have_heard_of_the_beginning():
    bench = unheard(time_is_up, latency_ms=100)
    bench.answer = lambda number, nth: "doubt" if number == NUMBERS[3] else "long"
    bench.tell(ModemReady())
    bench.run(2000)
    bench.answer = lambda number, nth: "long" if bench.off[0] else "ok"
    watched(bench)
    bench.press(TRUE_CANCEL)
    bench.run(20000)
    heard = network(bench)
    assert [len(texts) for texts in heard] == [0, 0, 0, 1, 0] and "fin du" in heard[3][0]


def test_a_danger_is_not_given_up_for_the_latest_of_many_watches():
    bench = unheard(time_is_up)
    for _ in range(4):
        watched_to_its_end(bench)
    watched(bench)
    heard = network(bench)
    for texts in heard:
        assert [t for t in texts if "DANGER" in t] and [t for t in texts if "fin du" in t], texts
    assert [t.count("tranquille") for t in heard[1]].count(1) == 3


def test_danger_right_after_a_withdrawal_is_an_alert_at_once():
    bench = in_state(GUARD)
    bench.press(WITHDRAW)
    bench.press(DANGER)
    assert bench.alert.context() == IN_ALERT


def test_after_a_reset_her_press_still_counts_as_asked_for_a_minute():
    for off_s, asked in ((5, 1), (120, 0)):
        bench = danger(answer=lambda number, nth: "long")
        bench.run(10000)
        bench.answer = lambda number, nth: "ok"
        boot(bench, off_s)
        bench.run(5000)
        assert bench.felt[-1][1:] == ("taken", asked), off_s


def test_after_a_reset_it_is_kept_for_a_day_and_no_longer():
    bench = unheard(time_is_up)
    bench.free = False
    boot(bench, 60)
    bench.run(24 * HOUR - 1000)
    assert bench.journal
    bench.run(1000)
    assert bench.journal == [] and bench.alert.wake_ms(bench.now_ms) is None


def test_what_left_of_an_earlier_alert_is_not_of_this_one():
    bench = Bench()
    bench.journal = [
        ("trigger", (ENDANGERED, UTC)),
        ("closed", ("cancel", UTC + 60)),
        ("trigger", (WATCHING, UTC + 90)),
        ("sent", (0, 1, 0)),
        ("sent", (2, 5, 0)),
    ]
    bench.boot(UTC + 120)
    bench.run(20000)
    bench.press(TRUE_CANCEL)
    bench.run(MINUTE)
    assert bench.numbers("annulé") == [NUMBERS[1]]
