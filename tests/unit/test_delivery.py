"""Delivery: who is sent what, in which order, and what happens when it fails."""

from alert_bench import CELL, LYON, MINUTE, NUMBERS, UTC, Bench, config, contacts, fix
from harness import Rng, depth

from firmware.messages import (
    DANGER,
    DANGER_AGAIN,
    DECOY_CANCEL,
    FAIL_LONG,
    FAIL_MODEM,
    FAIL_NUMBER,
    FAIL_OURS,
    FAIL_SHORT,
    FAIL_SIM,
    TRUE_CANCEL,
    WATCH,
    CallRefused,
    CellSeen,
    FixAcquired,
    ModemFree,
    ModemReady,
    SendSms,
    SmsReceived,
    SmsReport,
)
from firmware.policy.recipients import Recipient, is_yes

FIRSTS = list(NUMBERS)


def danger(answer=None, utc_s=UTC, **rest):
    """A bench where she has pressed for danger and nothing has been sent yet."""
    bench = Bench(answer=answer, **rest)
    bench.free = False
    if utc_s is not None:
        bench.time_is(utc_s)
    bench.press(DANGER)
    bench.free = True
    bench.step()
    return bench


def refusing(number, failure, times=999):
    """The first so many messages to one number fail like that."""
    return lambda to, nth: failure if to == number and nth < times else "ok"


# -- breadth first --------------------------------------------------------------------------


def test_everybody_gets_the_first_before_anybody_gets_a_second():
    bench = danger()
    bench.run(9000)
    bench.at(radius_m=5)
    bench.run(MINUTE)
    assert bench.numbers()[:5] == FIRSTS
    assert bench.numbers("lieu plus") == FIRSTS
    assert [s[0] for s in bench.sent[:5]] == [1000 + i * 2000 for i in range(5)]


def test_texts_are_composed_when_their_turn_comes():
    bench = Bench()
    bench.time_is(UTC)
    bench.tell(CellSeen(CELL))
    bench.press(DANGER)
    bench.run(2500)
    bench.at(north_m=100)
    bench.run(2000)
    bench.at(north_m=200)
    bench.run(10000)
    ends = ("antenne 208-01-1A2B-0123456", "antenne 208", "q=45.76133", "q=45.76223", "q=45.76223")
    for text, end in zip(bench.texts()[:5], ends):
        assert end in text, (end, text)


def test_only_confirmed_contacts_ever_get_anything():
    settings = config(contacts=contacts(watch=(0,), confirmed=(1, 3)))
    bench = Bench(settings)
    bench.press(WATCH)
    bench.run(20000)
    bench.press(DANGER_AGAIN)
    bench.run(MINUTE, walk=lambda now_ms: now_ms // 50)
    bench.press(DECOY_CANCEL)
    bench.run(10 * MINUTE, walk=lambda now_ms: now_ms // 50)
    assert set(bench.numbers()) == {NUMBERS[1], NUMBERS[3]}
    # The watch role is held by somebody unconfirmed: it goes to the first confirmed contact.
    assert bench.numbers("tranquille") == [NUMBERS[1]]


def test_without_contacts_nothing_leaves_and_she_is_told():
    bench = danger(settings=config(contacts=()))
    bench.run(6000)
    assert bench.sent == []
    assert bench.meanings() == ["trying", "failed"]
    assert bench.felt[-1][0] <= 6000


# -- failures --------------------------------------------------------------------------------

# failure class -> when the first contact is tried again, in ms after its first submission
RETRIES = (
    (FAIL_SHORT, ((3000, 5000), (6000, 10000), (9000, 15000))),
    (FAIL_LONG, ((17000, 19000), (49000, 53000), (111000, 117000))),
    (FAIL_SIM, ((17000, 19000), (79000, 83000))),
    (FAIL_MODEM, ((7000, 9000), (24000, 28000))),
    (FAIL_NUMBER, ((302000, 306000), (1204000, 1211000), (2106000, 2116000))),
    (FAIL_OURS, ((3000, 5000), (6000, 10000), (23000, 27000))),
)


def test_retries_by_class_of_failure():
    for failure, windows in RETRIES:
        # Where all numbers are refused it is not for the number.
        settings = config(contacts=contacts(count=2 if failure == FAIL_NUMBER else 1))
        bench = danger(refusing(NUMBERS[0], failure), settings=settings)
        bench.run(40 * MINUTE)
        times = [s[0] - 1000 for s in bench.sent if s[1] == NUMBERS[0]]
        for number, window in enumerate(windows):
            assert window[0] <= times[number + 1] <= window[1], (failure, times)
        for text in bench.texts():
            assert not text.startswith("(2)"), "what surely failed is no copy"


def test_all_numbers_refused_is_the_networks_trouble_and_nobody_is_given_up():
    off = [True]
    bench = danger(lambda number, nth: FAIL_NUMBER if off[0] else "ok")
    bench.run(7 * MINUTE)
    assert len(bench.sent) >= 5 * 7
    off[0] = False
    bench.run(62000)
    assert sorted([s[1] for s in bench.sent if s[3] == "ok"]) == FIRSTS
    # One of them works: then a number that is refused is most likely wrong.
    off[0] = True
    bench = danger(lambda number, nth: "ok" if number == NUMBERS[2] and nth else FAIL_NUMBER)
    bench.run(12 * 60 * MINUTE - 1000)
    tries = [s[0] for s in bench.sent if s[1] == NUMBERS[0]]
    assert 40 <= len(tries) <= 60 and tries[-1] > 11 * 60 * MINUTE


def test_a_number_that_was_taken_is_not_refused_for_the_number():
    off = [False]
    bench = danger(lambda number, nth: FAIL_NUMBER if off[0] else "ok")
    bench.run(90000)
    off[0] = True
    bench.run(2 * MINUTE, walk=lambda now_ms: now_ms // 100)
    off[0] = False
    before = len(bench.sent)
    bench.run(MINUTE)
    assert [s[1] for s in bench.sent[before:] if s[3] == "ok"][:2] == FIRSTS[:2]


def test_jitter_is_within_its_bounds():
    for chance in (0, 1, 32768, 65535):
        bench = Bench(config(contacts=contacts(count=1)), answer=refusing(NUMBERS[0], FAIL_SHORT))
        bench.alert._delivery._random16 = lambda chance=chance: chance
        bench.press(DANGER)
        bench.run(10000)
        wait_ms = bench.sent[1][0] - bench.sent[0][0] - bench.latency_ms
        assert 1000 <= wait_ms <= 3000, (chance, wait_ms)


def test_a_failure_of_one_contact_never_delays_another():
    for failure in (FAIL_NUMBER, FAIL_SHORT, FAIL_LONG, FAIL_SIM, FAIL_OURS, FAIL_MODEM, "doubt"):
        for bad in range(5):
            bench = danger(refusing(NUMBERS[bad], failure))
            bench.run(30000)
            others = [s[0] for s in bench.sent if s[1] != NUMBERS[bad]][:4]
            assert others == [1000 + i * 2000 for i in range(5) if i != bad], (failure, bad)


def test_a_contact_that_keeps_failing_does_not_hold_up_updates():
    bench = danger(refusing(NUMBERS[0], FAIL_SHORT), latency_ms=3000)
    bench.at()
    bench.run(MINUTE)
    bench.at(radius_m=4)
    bench.run(MINUTE)
    assert bench.numbers("lieu plus") == FIRSTS[1:]
    bench.run(4 * MINUTE, walk=lambda now_ms: now_ms // 100)
    rounds = [s[1] for s in bench.sent if "suivi" in s[2]]
    assert rounds[:2] == [NUMBERS[1], NUMBERS[2]]


def test_what_the_modem_does_not_like_becomes_plain():
    bench = Bench(config(contacts=contacts(count=1)), answer=refusing(NUMBERS[0], FAIL_OURS, 2))
    bench.time_is(UTC)
    bench.at()
    bench.press(DANGER)
    bench.run(MINUTE)
    sent = [c for _, c in bench.said if isinstance(c, SendSms)]
    assert [s.report for s in sent] == [1, 1, 0]
    assert "Répondez OK" in sent[0].text and "Répondez OK" not in sent[2].text


def test_what_waits_for_the_network_goes_when_it_is_back():
    for failure in (FAIL_LONG, FAIL_MODEM, FAIL_SIM):
        broken = [failure]
        bench = danger(lambda number, nth, broken=broken: broken[0])
        bench.run(10 * MINUTE)
        broken[0] = "ok"
        before = len(bench.sent)
        bench.tell(ModemReady())
        bench.run(10000)
        assert [s[1] for s in bench.sent[before:]] == FIRSTS, failure


def test_one_acceptance_shows_that_the_network_is_back():
    broken = [True]
    trouble = lambda number, nth: "doubt" if number == NUMBERS[1] else FAIL_LONG  # noqa: E731
    bench = danger(lambda number, nth: trouble(number, nth) if broken[0] else "ok")
    bench.run(8 * MINUTE)
    broken[0] = False
    bench.run(62000)
    late = [s for s in bench.sent if s[3] == "ok"]
    assert sorted([s[1] for s in late]) == FIRSTS
    assert late[-1][0] - late[0][0] == 8000, "not ten minutes later"


# -- doubt -----------------------------------------------------------------------------------


def test_a_lost_result_is_sent_again_with_its_mark_after_the_others():
    lost = lambda number, nth: "doubt" if number == NUMBERS[1] and nth == 0 else "ok"  # noqa: E731
    bench = danger(lost)
    bench.run(MINUTE)
    assert bench.numbers() == FIRSTS + [NUMBERS[1]]
    assert bench.texts()[5].startswith("(2) DANGER Julie")
    assert [t for t in bench.texts() if t.startswith("(2)")] == bench.texts()[5:]


def test_doubts_slow_down_but_never_end_before_the_budget():
    bench = danger(lambda number, nth: "doubt", settings=config(contacts=contacts(count=1)))
    bench.run(12 * 60 * MINUTE - 1)
    times = [s[0] for s in bench.sent]
    gaps = [b - a - bench.latency_ms for a, b in zip(times, times[1:])]
    assert gaps[:5] == [1000, 15000, 60000, 300000, 600000]
    assert set(gaps[4:]) == {600000}
    assert "taken" not in bench.meanings()


def test_a_result_that_never_comes_is_a_doubt():
    bench = danger(lambda number, nth: "never" if nth == 0 else "ok")
    bench.run(200000)
    assert bench.sent[1][0] == 181000
    bench.run(20 * MINUTE)
    for number in NUMBERS:
        assert bench.texts(number)[1].startswith("(2) ")


def test_a_stray_result_means_nothing():
    bench = danger()
    bench.run(MINUTE)
    before = list(bench.sent)
    busy = danger()
    from firmware.messages import SmsAccepted, SmsAmbiguous, SmsFailed

    for event in (SmsAccepted(99, 1), SmsFailed(99, FAIL_SHORT, 41), SmsAmbiguous(99)):
        bench.tell(event)
        busy.tell(event)
        assert busy.alert._delivery.in_flight() and busy.meanings() == ["trying"]
    bench.run(MINUTE)
    assert bench.sent == before


# -- budget and validity ---------------------------------------------------------------------


def test_the_budget_keeps_ten_for_the_end():
    bench = danger(settings=config(danger_max_ms=40 * MINUTE, sms_budget=60))
    for _ in range(30):
        bench.run(MINUTE, walk=lambda now_ms: now_ms // 50)
        bench.press(DANGER_AGAIN)
    assert len(bench.sent) == 50
    bench.run(15 * MINUTE)
    assert len(bench.sent) == 55
    assert bench.numbers("fin du suivi") == FIRSTS


def test_updates_leave_room_for_a_warning():
    bench = danger(settings=config(sms_budget=40))
    for number in NUMBERS:
        bench.tell(SmsReceived(number, "ok"))
    bench.run(3 * 60 * MINUTE, walk=lambda now_ms: now_ms // 50)
    assert len(bench.sent) == 20
    bench.press(DECOY_CANCEL)
    bench.run(MINUTE, walk=lambda now_ms: now_ms // 50)
    assert bench.numbers("FORCEE") == FIRSTS


def test_validity_report_and_tokens():
    bench = danger()
    bench.run(MINUTE)
    sent = [c for _, c in bench.said if isinstance(c, SendSms)]
    assert [s.validity_min for s in sent] == [240] * 5
    assert [s.report for s in sent] == [1] * 5
    assert len({s.token for s in sent}) == 5


def test_a_newer_place_takes_the_place_of_an_older_one():
    holding = [False]
    bench = danger(lambda number, nth: FAIL_LONG if holding[0] else "ok")
    bench.run(20000)
    holding[0] = True
    bench.run(7 * MINUTE, walk=lambda now_ms: now_ms // 50)
    holding[0] = False
    before = len(bench.sent)
    bench.tell(ModemReady())
    bench.run(30000, walk=lambda now_ms: now_ms // 50)
    late = bench.sent[before:]
    by_number = [[s[2] for s in late if s[1] == number] for number in NUMBERS]
    assert [len(texts) for texts in by_number] == [1] * 5, by_number
    assert "suivi" in by_number[0][0] and "suivi" in by_number[1][0]
    assert "suivi 1:" not in by_number[0][0], "the round it is in now"


def test_a_newer_place_is_no_copy_of_one_in_doubt():
    bench = danger(lambda number, nth: "doubt" if nth == 1 else "ok", latency_ms=500)
    bench.at()
    bench.run(2 * MINUTE - 1000)
    bench.at(north_m=500, radius_m=5)
    bench.run(1000)
    bench.at(north_m=500, radius_m=5)
    bench.run(MINUTE)
    in_doubt = [s[2][:12] for s in bench.sent if s[3] == "doubt"]
    assert in_doubt and set(in_doubt) == {"Julie, lieu "}
    rounds = [t for t in bench.texts() if "suivi" in t]
    assert rounds and not [t for t in rounds if t.startswith("(2)")]


# -- what comes back -------------------------------------------------------------------------


def test_reports_match_reference_and_number():
    rows = (
        (1, NUMBERS[0], 0, ["delivered"]),
        (5, NUMBERS[4], 0, ["delivered"]),
        (1, NUMBERS[1], 0, []),
        (77, NUMBERS[0], 0, []),
        (1, NUMBERS[0], 0x30, []),
        (1, NUMBERS[0], 0x46, []),
        (1, "+33639980999", 0, []),
        (1, "", 0, []),
    )
    for ref, number, status, felt in rows:
        bench = danger()
        bench.run(20000)
        before = len(bench.felt)
        bench.tell(SmsReport(ref, number, status))
        assert [f[1] for f in bench.felt[before:]] == felt, (ref, number, status)
        assert [f[2] for f in bench.felt[before:]] == [0] * len(felt)
        bench.tell(SmsReport(ref, number, status))
        assert len(bench.felt) == before + len(felt), "once"


def test_what_counts_as_an_answer():
    rows = (
        ("OK", True),
        ("ok", True),
        ("Oui!", True),
        ("oui, j'arrive", True),
        ("YES.", True),
        ("1", True),
        ("  \n OK", True),
        ("«OK»", True),
        ("...1...", True),
        ("\U0001f44d ok", True),
        ("", False),
        ("...", False),
        ("Okay", False),
        ("oké", False),
        ("Non", False),
        ("je suis ok", False),
        ("11", False),
        ("1er", False),
        ("D'accord OK", False),
        ("ouiii", False),
        ("ok1", False),
    )
    for text, yes in rows:
        assert is_yes(text) is yes, text


def test_numbers_as_the_network_shows_them():
    contact = Recipient(0, contacts()[0])
    rows = (
        ("+33639980101", True),
        ("0033639980101", True),
        ("33639980101", True),
        ("0639980101", True),
        ("06 39 98 01 01", True),
        ("+33639980102", False),
        ("639980101", False),
        ("980101", False),
        ("0101", False),
        ("0", False),
        ("", False),
        ("ORANGE", False),
        ("+44639980101", False),
    )
    for number, same in rows:
        assert contact.is_number(number) is same, number


def test_answers_of_strangers_and_of_those_not_concerned_mean_nothing():
    bench = Bench()
    bench.press(WATCH)
    bench.run(20000)
    before = list(bench.felt), list(bench.journal)
    for number in ("+33639980999", "0639980888", "OK", "", NUMBERS[0]):
        for text in ("OK", "OUI 4821", "STOP", "annulez"):
            bench.tell(SmsReceived(number, text))
        bench.tell(CallRefused(number))
    assert (bench.felt, bench.journal) == before
    bench.tell(SmsReceived(NUMBERS[1], "oui"))
    assert bench.meanings()[-1] == "answered"


def test_a_call_back_is_an_answer_and_only_the_first_is_felt():
    bench = danger()
    bench.run(20000)
    bench.tell(SmsReceived(NUMBERS[3], "qui est-ce ?"))
    assert "answered" not in bench.meanings()
    bench.tell(CallRefused("0639980103"))
    bench.tell(SmsReceived(NUMBERS[0], "OK"))
    bench.tell(SmsReceived(NUMBERS[0], "OK"))
    assert [f[1:] for f in bench.felt if f[1] == "answered"] == [("answered", 0)]
    assert [r for r in bench.journal if r[0] == "answer"] == [("answer", (2,)), ("answer", (0,))]


def test_nothing_received_at_rest_does_anything():
    bench = Bench()
    for event in (
        SmsReceived(NUMBERS[0], "OK"),
        CallRefused(NUMBERS[0]),
        SmsReport(1, NUMBERS[0], 0),
        ModemReady(),
        ModemFree(),
    ):
        bench.tell(event)
    assert bench.said == []


# -- chance ----------------------------------------------------------------------------------

OUTCOMES = ("ok", "ok", "doubt", "never", FAIL_SHORT, FAIL_LONG, FAIL_OURS, FAIL_MODEM, FAIL_SIM)


def test_after_any_trouble_everybody_holds_a_first_message_and_the_latest_place():
    for seed in range(depth(1000)):
        rng = Rng(seed)
        trouble = [True]
        outcome = lambda number, nth, rng=rng, on=trouble: (  # noqa: E731
            rng.choice(OUTCOMES) if on[0] else "ok"
        )
        bench = danger(outcome, latency_ms=rng.between(100, 20000))
        bench.run(rng.between(1, 20) * MINUTE, walk=lambda now_ms: now_ms // 1000)
        trouble[0] = False
        bench.tell(ModemReady())
        bench.run(13 * MINUTE, walk=lambda now_ms: now_ms // 1000)
        bench.run(2 * MINUTE)
        assert len(bench.sent) <= 150
        for number in NUMBERS:
            assert [t for t in bench.texts(number, "ok") if "DANGER" in t], (seed, number)
        recipients = bench.alert._outbox.recipients
        assert not [r.index for r in recipients if r.waiting() is not None], seed
        if "taken" in bench.meanings():
            taken_ms = [f[0] for f in bench.felt if f[1] == "taken"][0]
            accepted_ms = min([s[0] + bench.latency_ms for s in bench.sent if s[3] == "ok"])
            assert taken_ms >= accepted_ms


def test_true_cancel_drops_what_waits_and_tells_only_who_was_alerted():
    bench = danger(lambda number, nth: "ok" if number in NUMBERS[:2] else FAIL_LONG)
    bench.run(12000)
    bench.press(TRUE_CANCEL)
    before = len(bench.sent)
    bench.run(10 * MINUTE)
    assert [s[1] for s in bench.sent[before:]] == [NUMBERS[0], NUMBERS[1]]
    assert bench.numbers("annulé") == [NUMBERS[0], NUMBERS[1]]


def test_positions_in_messages_are_those_of_fixes():
    bench = Bench()
    for north_m in (0, 333, 4711):
        fixes = fix(bench.now_ms, north_m)
        bench.tell(FixAcquired(fixes))
        assert fixes.lat_e7 == LYON[0] + north_m * 90
    bench.press(DANGER)
    assert "q=45.80283,4.83566" in bench.texts()[0]
