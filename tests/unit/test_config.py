"""The configuration: every rule by its message, nothing secret told, the last good one kept."""

import json

from harness import Rng, depth

from firmware import config

NUMBERS = ["+3363998%04d" % n for n in range(1, 7)]


def tree(**changes):
    """A small valid configuration; a change to None takes the field away."""
    whole = {"format": 1, "name": "Julie", "contacts": [{"number": NUMBERS[0]}]}
    for name in changes:
        whole[name] = changes[name]
        if changes[name] is None:
            whole.pop(name)
    return whole


def parse(whole):
    return config.parse(json.dumps(whole).encode())


def error(**changes):
    made, line = parse(tree(**changes))
    assert (made is None) == (line is not None), changes
    return line


def contacts(count, **changes):
    made = [{"number": NUMBERS[i]} for i in range(count)]
    for name in changes:
        made[-1][name] = changes[name]
    return made


def test_defaults():
    made, line = parse(tree())
    assert line is None
    assert (made.mode, made.language, made.profile) == ("field", "fr", "separated")
    assert (made.gestures, made.cancel_pattern, made.item) == ("default", "lssl", 0)
    assert (made.own_number, made.smsc, made.sim_pin, made.haptics) == ("", "", "", 1)
    assert (made.quiet_from_min, made.quiet_until_min) == (1320, 420)
    assert (made.tz_offset_min, made.tz_eu_dst) == (60, 1)
    assert made.not_before_utc == 820540800
    assert (made.watch_max_ms, made.danger_max_ms) == (3600000, 43200000)
    assert (made.sms_budget, made.sms_reserve, made.validity_min) == (150, 10, 240)
    assert (made.fall_detection, made.placement, made.prealarm_ms) == (1, "waist", 30000)
    # Not confirmed until she says so; alone, a contact has every role.
    assert made.contacts == ((NUMBERS[0], 1, 1, 1, 1, 0),)


def test_every_field_is_taken():
    made, line = parse(
        {
            "format": 1,
            "mode": "bench",
            "item": 27,
            "name": "Zoé",
            "language": "en",
            "profile": "health",
            "gestures": "monsherif",
            "cancel_pattern": "lsls",
            "contacts": [
                {"number": "+33 6 39 98 00 01", "roles": ["danger", "watch"], "confirmed": True},
                {"number": "+447700900001", "roles": ["technical", "danger"], "ring": False},
                {"number": NUMBERS[2]},
            ],
            "own_number": "+33 6 39 98 00 09",
            "smsc": "+33639980099",
            "sim_pin": "0000",
            "haptics": "off",
            "quiet_hours": ["00:00", "00:00"],
            "timezone": {"offset_min": -240, "dst": "none"},
            "not_before_utc": "2024-02-29",
            "watch_max_min": 10,
            "danger_max_min": 60,
            "sms_budget": 20,
            "sms_reserve": 5,
            "validity_min": 5,
            "fall_detection": False,
            "placement": "pocket",
            "prealarm_s": 45,
            "recording": True,
            "recording_fall": True,
            "preroll_s": 30,
            "audio_rate_hz": 16000,
            "witness": "+33 6 39 98 00 08",
        }
    )
    assert line is None
    people = (
        ("+33639980001", 1, 1, 0, 1, 1),
        ("+447700900001", 1, 0, 1, 0, 0),
        (NUMBERS[2], 1, 0, 0, 1, 0),
    )
    wanted = ("bench", 27, "Zoé", "en", "health", "monsherif", "lsls", people)
    wanted += ("+33639980009", "+33639980099", "0000", 0, 0, 0, -240, 0, 762480000)
    wanted += (600000, 3600000, 20, 5, 5, 0, "pocket", 45000)
    wanted += (1, 1, 30000, 16000, "+33639980008")
    assert tuple(made) == wanted


def test_what_she_chose_of_recording_must_fit_together():
    assert error(recording_fall=True) == "recording_fall: needs recording"
    own = error(own_number="+33639980009", witness="+33 6 39 98 00 09")
    assert own == "witness: the same as own_number or a contact's"
    assert error(witness=NUMBERS[0]) == own
    assert error(witness="+33144556677") == "witness: " + LANDLINE


def test_each_field_that_is_missing_or_unknown_is_named():
    for name in ("format", "name", "contacts"):
        assert error(**{name: None}) == name + ": missing"
    assert error(colour=1) == "colour: unknown key"
    assert error(b=1, a=1) == "a: unknown key"
    assert error(contacts=contacts(2, colour=1)) == "contacts[1].colour: unknown key"
    assert error(contacts=[{}]) == "contacts[0].number: missing"
    assert error(timezone={"offset_min": 60, "zone": 1}) == "timezone.zone: unknown key"
    assert error(timezone={}) == "timezone.offset_min: missing"


TWO_WORDS = "not danger, watch or technical"
NUMBER = "not an international number (+ and 8 to 15 digits)"
LANDLINE = "a French landline or service number (a mobile begins with +336 or +337)"
PATTERN = "not 4 to 8 presses written s (short) or l (long), at least one l"
NAME = "not 1 to 10 letters of the GSM alphabet (no ç ê ë î ï ô û)"
CLOCKS = "not two clock times HH:MM"
DATE = "not a date YYYY-MM-DD from 2000 to 2099"

# field, values that are refused, the rule that is told
REFUSED = [
    ("format", (0, 2, "1", True, 1.0), "not a whole number from 1 to 1"),
    ("mode", ("Field", "", 1, ["field"]), "not bench or field"),
    ("item", (-1, 10000, "27", 2.0, False), "not a whole number from 0 to 9999"),
    ("name", ("", "Maximiliane", 5, "Zoë", "François", "Jul1e", "-A", "a\n", "Ωmega", "a{"), NAME),
    ("language", ("de", "FR", 0), "not fr or en"),
    ("profile", ("", "x"), "not cohabiting or separated or health"),
    ("gestures", ("monSherif",), "not default or monsherif"),
    ("cancel_pattern", ("lsl", "ssss", "lssx", "", "lssslsssl", 4, ["l", "s", "s", "l"]), PATTERN),
    (
        "own_number",
        ("17", "0639980001", "+3363998", "+0639980001", "+3363998000100000", 336),
        NUMBER,
    ),
    ("smsc", ("+33(0)639980001", "+", "+33 6 39 98 00 0x", "+３３６３９９８０００１"), NUMBER),
    ("sim_pin", ("123", "123456789", "12a4", 1234), "not 4 to 8 digits"),
    ("haptics", (True, "ON", 1), "not on or off"),
    ("quiet_hours", ([], "22:00", ["22:00"], ["24:00", "07:00"], ["22:60", "07:00"]), CLOCKS),
    (
        "quiet_hours",
        (["22h00", "07:00"], ["-1:00", "07:00"], [1320, 420], ["7:00", "8:00"]),
        CLOCKS,
    ),
    ("timezone", (60, [], "eu"), "not an object"),
    ("not_before_utc", ("2026-02-29", "2026-13-01", "1999-12-31", "2100-01-01"), DATE),
    ("not_before_utc", ("26-01-01", "2026/01/01", 820540800, "2026-01-1x", "2026-01-00"), DATE),
    ("watch_max_min", (9, 721, "60"), "not a whole number from 10 to 720"),
    ("danger_max_min", (59, 1441), "not a whole number from 60 to 1440"),
    ("sms_budget", (19, 501), "not a whole number from 20 to 500"),
    ("sms_reserve", (4, 51), "not a whole number from 5 to 50"),
    ("validity_min", (4, 1441), "not a whole number from 5 to 1440"),
    ("fall_detection", (1, 0, "on", "true", ""), "not true or false"),
    ("placement", ("Waist", "", "hip", 1), "not waist or chest or pocket"),
    ("prealarm_s", (-1, 46, "30", 30.0), "not a whole number from 0 to 45"),
    ("recording", (0, 1, "true"), "not true or false"),
    ("recording_fall", (1, "no"), "not true or false"),
    ("preroll_s", (-1, 31, True), "not a whole number from 0 to 30"),
    ("audio_rate_hz", (11025, "8000", True), "not 8000 or 16000"),
    ("witness", ("17", 17, "0639980008"), NUMBER),
    ("contacts", ({}, "x", 3), "not a list"),
    ("contacts", ([], [{"number": number} for number in NUMBERS]), "not 1 to 5 of them"),
]
REFUSED_IN_A_CONTACT = [
    ("number", ("17", "112", "38200", "+3820", "0639980001", 33639980001), NUMBER),
    ("number", ("+33139980001", "+33539980001", "+33939980001", "+33800000001"), LANDLINE),
    ("number", ("+336399800", "+3363998000123"), "a French mobile has 9 digits after +33"),
    ("number", (NUMBERS[0], "+33 6 39 98 00 01"), "the same as another contact's"),
    ("roles", ("danger", {}), "not a list"),
    ("roles", (["watch"],), "every contact has the role danger"),
    ("roles", (["danger", "boss"], ["danger", 1], ["danger", []]), TWO_WORDS),
    ("ring", (1, "yes"), "not true or false"),
    ("confirmed", (0, "true", []), "not true or false"),
]


def test_each_wrong_value_is_refused_by_its_rule():
    for field, values, message in REFUSED:
        for value in values:
            assert error(**{field: value}) == field + ": " + message, (field, value)
    for field, values, message in REFUSED_IN_A_CONTACT:
        for value in values:
            line = error(contacts=contacts(3, **{field: value}))
            assert line == "contacts[2].{}: {}".format(field, message), (field, value)
        line = error(contacts=contacts(1) + [values[0]])
        assert line == "contacts[1]: not an object"
    zone = error(timezone={"offset_min": 841})
    assert zone == "timezone.offset_min: not a whole number from -720 to 840"
    zone = error(timezone={"offset_min": 60, "dst": "us"})
    assert zone == "timezone.dst: not eu or none"


def test_every_rule_of_the_table_has_a_wrong_value_here():
    tried = {field for field, _, _ in REFUSED}
    assert tried == {name for name, _, _ in config._FIELDS}
    tried = {field for field, _, _ in REFUSED_IN_A_CONTACT}
    assert tried == {name for name, _, _ in config._CONTACT_FIELDS}


def test_the_edges_of_each_range_are_taken():
    for field, low, high in (
        ("item", 0, 9999),
        ("watch_max_min", 10, 720),
        ("danger_max_min", 60, 1440),
        ("sms_budget", 25, 500),
        ("sms_reserve", 5, 50),
        ("validity_min", 5, 1440),
        ("prealarm_s", 0, 45),
    ):
        assert error(**{field: low}) is None and error(**{field: high}) is None, field
    for name in ("J", "Anne-Lise", "L'Héloïs".replace("ï", "i"), "éèàùñßÆÇ", "abcdefghij"):
        assert error(name=name) is None, name
    for number in ("+12345678", "+123456789012345", "+33739980001", "+33 6 39 98 00 01"):
        assert error(contacts=[{"number": number}]) is None, number
    for pattern in ("llll", "sssl", "lsslssll"):
        assert error(cancel_pattern=pattern) is None, pattern
    assert error(contacts=contacts(5)) is None


def test_a_fall_is_noticed_unless_she_lives_with_him_or_says_so():
    for profile, unasked in (("cohabiting", 0), ("separated", 1), ("health", 1)):
        for asked, wanted in ((None, unasked), (True, 1), (False, 0)):
            made, line = parse(tree(profile=profile, fall_detection=asked))
            assert line is None and made.fall_detection == wanted, (profile, asked)
            assert type(made.fall_detection) is int


def test_rules_between_fields():
    assert error(own_number=NUMBERS[0]) == "contacts[0].number: the same as own_number"
    assert error(sms_budget=20, sms_reserve=5) is None
    line = error(sms_budget=20, sms_reserve=6)
    assert line == "sms_reserve: must leave 15 or more of sms_budget"
    watch = ["danger", "watch"]
    three = [{"number": number, "roles": watch} for number in NUMBERS[:3]]
    assert error(contacts=three) == "contacts: one or two must have the role watch"
    none = [{"number": NUMBERS[0], "roles": ["danger", "technical"]}]
    assert error(contacts=none) == "contacts: one or two must have the role watch"
    none = [{"number": NUMBERS[0], "roles": watch}]
    assert error(contacts=none) == "contacts: exactly one must have the role technical"
    line = error(contacts=contacts(2, roles=["danger", "technical"]))
    assert line == "contacts: exactly one must have the role technical"


def test_what_is_not_json_is_one_line():
    line = "config.json: not valid JSON"
    for data in (b"", b"{", b'{"format":1', b"\xff\xfe", b'{"a":tru}', b"[" * 8000, b"{} {}"):
        assert config.parse(data) == (None, line), data
    for data in (b"[]", b"1", b'"x"', b"null"):
        assert config.parse(data) == (None, "config.json: not an object"), data
    assert config.parse(b" " * 8193) == (None, "config.json: longer than 8192 bytes")


def test_no_error_tells_a_secret():
    secret = "+33639981234"
    rng = Rng(7)
    fields = [name for name, _, _ in config._FIELDS] + ["unknown"]
    shapes = (
        lambda: secret,
        lambda: [secret],
        lambda: {secret: secret},
        lambda: int(secret[1:]),
        lambda: [{"number": secret[1:], "roles": [secret]}],
        lambda: [{"number": secret, secret: 1}],
        lambda: [{"number": secret}, {"number": secret}],
        lambda: [{"number": secret, "roles": [secret]}],
    )
    seen = set()
    for _ in range(depth(30000)):
        changes = {rng.choice(fields): rng.choice(shapes)(), rng.choice(fields): 5}
        line = error(**changes)
        if line:
            assert "9981234" not in line and "\n" not in line and len(line) < 120, line
            seen.add(line)
    assert error(**{secret: 1}) == "(no plain word): unknown key"
    assert len(seen) > 15


# -- the desk, the slots, the power ----------------------------------------------------------


class Memory:
    """The store in memory; write, commit and remove count, and the cut-th never happens."""

    def __init__(self, cut=None):
        self.files = {}
        self.versions = []
        self.done = []
        self.refuse = False
        self._cut = cut

    def _did(self, what):
        if self._cut == len(self.done):
            raise KeyboardInterrupt
        self.done.append(what)

    def read(self, path, limit):
        data = self.files.get(path)
        return None if data is None else data[: limit + 1]

    def write(self, path, data):
        self._did("write " + path)
        self.files[path] = data
        return True

    def remove(self, path):
        self._did("remove " + path)
        self.files.pop(path)
        return True

    def documents(self, name):
        assert name == "config"
        return list(self.versions)

    def commit(self, name, data):
        self._did("commit " + name)
        if not self.refuse:
            self.versions = [data] + self.versions[:1]
        return not self.refuse


def dropped(**changes):
    return json.dumps(tree(**changes)).encode()


def test_a_valid_drop_is_committed_then_removed():
    store = Memory()
    store.files["/config.json"] = dropped(item=1)
    made, line = config.load(store)
    assert made.item == 1 and line is None
    assert store.done == ["commit config", "write /mode", "remove /config.json"]
    assert store.files == {"/mode": b"field"}
    made, line = config.load(store)
    assert made.item == 1 and line is None and len(store.done) == 3, "written again for nothing"
    store.files["/config.json"] = dropped(item=2, mode="bench")
    assert config.load(store)[0].item == 2 and store.files == {"/mode": b"bench"}


def test_an_invalid_drop_leaves_the_last_good_and_stays():
    store = Memory()
    store.files["/config.json"] = dropped(item=1)
    config.load(store)
    store.files["/config.json"] = bad = dropped(item=-1)
    del store.done[:]
    for _ in range(2):
        made, line = config.load(store)
        assert made.item == 1 and line == "item: not a whole number from 0 to 9999"
    assert store.done == [] and store.files["/config.json"] == bad


def test_without_any_configuration():
    store = Memory()
    assert config.load(store) == (
        None,
        "config.json: missing, and no good configuration is stored",
    )
    store.files["/config.json"] = b"{}"
    assert config.load(store) == (None, "format: missing")
    assert store.done == []


def test_a_slot_that_no_longer_obeys_the_rules_gives_way_to_the_older():
    store = Memory()
    store.versions = [dropped(item=-1), dropped(item=1)]
    made, line = config.load(store)
    assert made.item == 1 and line is None


def test_a_store_that_refuses_keeps_the_last_good():
    store = Memory()
    store.versions = [dropped(item=1)]
    store.refuse = True
    store.files["/config.json"] = dropped(item=2)
    made, line = config.load(store)
    assert made.item == 1 and line == "config.json: could not be stored"
    assert "/config.json" in store.files


def test_nothing_is_written_during_an_alert():
    store = Memory()
    store.versions = [dropped(item=1)]
    store.files["/config.json"] = dropped(item=2)
    made, line = config.load(store, False)
    assert made.item == 1 and line is None and store.done == []


def test_power_may_fail_between_any_two_writes():
    for cut in range(3):
        store = Memory(cut)
        store.versions = [dropped(item=1)]
        store.files["/config.json"] = dropped(item=2)
        try:
            config.load(store)
            raise AssertionError("no cut")
        except KeyboardInterrupt:
            store._cut = None
        made, line = config.load(store)
        assert made.item == 2 and line is None
        assert store.files == {"/mode": b"field"}
        assert store.done.count("commit config") == 1
