"""Texts: the golden rows of BEHAVIOUR.md section 6, what is dropped, and that all of them fit."""

import gsm7
from harness import Rng, depth

from firmware.messages import Cell, Fix
from firmware.policy import texts

FIX = Fix(457604300, 48356600, 25, None, 0, 90, 9, 3, 0)
CELL = Cell("208", "01", "1A2B", "0123456")
LINK = "https://maps.google.com/?q=45.76043,4.83566"
CODE = "7oAbCdEfGhIjKlMnOp"

KINDS = (
    texts.WATCH,
    texts.DANGER,
    texts.FALL,
    texts.REFINED,
    texts.TRACK,
    texts.CANCELLED,
    texts.DURESS,
    texts.LOW_BATTERY,
    texts.BATTERY_OUT,
    texts.TEST,
    texts.END,
    texts.SWITCHED_ON,
    texts.WATCH_END,
    texts.WITNESS,
)


def facts(**changes):
    fields = {
        "name": "Julie",
        "item": 27,
        "press": "21:42",
        "when": "21:58",
        "fix": FIX,
        "fix_at": "21:41",
        "cell": CELL,
        "battery": 80,
        "count": 3,
        "code": "",
    }
    for name in changes:
        fields[name] = changes[name]
    return texts.Facts(**fields)


def placed(radius_m, fix_at, **changes):
    fix = Fix(FIX.lat_e7, FIX.lon_e7, radius_m, None, 0, 90, 9, 3, 0)
    return facts(fix=fix, fix_at=fix_at, **changes)


# kind, facts, French, English: word for word as in BEHAVIOUR.md section 6
GOLDEN = (
    (
        texts.WATCH,
        facts(),
        "Julie n'est pas tranquille, 21:42. Restez joignable, ne l'appelez pas. LINK +/-25m à "
        "21:41. Bat 80%. Répondez OK",
        "Julie feels uneasy, 21:42. Stay reachable, do not call her. LINK +/-25m at 21:41. "
        "Batt 80%. Reply OK",
    ),
    (
        texts.DANGER,
        facts(),
        "DANGER Julie 21:42. Appelez le 17, lisez-leur ce lieu. Ne l'appelez pas. LINK +/-25m à "
        "21:41. Bat 80%. Répondez OK",
        "DANGER Julie 21:42. Call 17 or 112, read them this place. Do not call her. LINK +/-25m "
        "at 21:41. Batt 80%. Reply OK",
    ),
    (
        texts.DANGER,
        facts(fix=None),
        "DANGER Julie 21:42. Appelez le 17. Ne l'appelez pas. Lieu inconnu, antenne "
        "208-01-1A2B-0123456, dites-la au 17. Lieu suivra. Bat 80%. Répondez OK",
        "DANGER Julie 21:42. Call 17 or 112. Do not call her. Place unknown, cell "
        "208-01-1A2B-0123456, tell the police. Place to follow. Batt 80%. Reply OK",
    ),
    (
        texts.FALL,
        facts(),
        "CHUTE Julie 21:42, pas de réaction. Appelez le 112, lisez ce lieu. Ne l'appelez pas. "
        "LINK +/-25m à 21:41. Répondez OK",
        "FALL Julie 21:42, no reaction. Call 112, read them this place. Do not call her. LINK "
        "+/-25m at 21:41. Reply OK",
    ),
    (
        texts.REFINED,
        placed(8, "21:43", battery=79, code=CODE),
        "Julie, lieu plus précis: LINK +/-8m à 21:43. Alerte en cours, donnez-le au 17. Bat 79%. "
        "Code CODE",
        "Julie, better place: LINK +/-8m at 21:43. Alert goes on, give it to 17. Batt 79%. "
        "Code CODE",
    ),
    (
        texts.TRACK,
        placed(12, "21:46", battery=78, code=CODE),
        "Julie, suivi 3: LINK +/-12m à 21:46. L'alerte continue. Bat 78%. Code CODE",
        "Julie, track 3: LINK +/-12m at 21:46. Alert goes on. Batt 78%. Code CODE",
    ),
    (
        texts.CANCELLED,
        facts(),
        "Julie a annulé à 21:58 l'alerte de 21:42. Vérifiez DE VIVE VOIX avec le mot convenu. "
        "Pas de mot, ou doute: appelez le 17.",
        "Julie cancelled at 21:58 the alert of 21:42. Check BY VOICE with the agreed word. "
        "No word, or any doubt: call 17.",
    ),
    (
        texts.DURESS,
        placed(12, "21:57"),
        "Julie: annulation peut-etre FORCEE à 21:58. DANGER: appelez le 17, ne l'appelez pas. "
        "LINK +/-12m à 21:57",
        "Julie: FORCED or unsure cancel at 21:58. DANGER GOES ON: call 17 or 112, do not call "
        "her. LINK +/-12m at 21:57",
    ),
    (
        texts.LOW_BATTERY,
        facts(battery=15),
        "Rappel objet 27: batterie 15%, à recharger aujourd'hui. Message automatique.",
        "Reminder item 27: battery 15%, charge today. Automatic message.",
    ),
    (
        texts.BATTERY_OUT,
        placed(12, "22:09", when="22:10"),
        "Julie: batterie vide à 22:10, le suivi cesse. L'alerte N'EST PAS levée, appelez le 17. "
        "LINK +/-12m à 22:09",
        "Julie: battery empty at 22:10, tracking stops. The alert is NOT over, call 17 or 112. "
        "LINK +/-12m at 22:09",
    ),
    (
        texts.TEST,
        facts(code="4821"),
        "TEST, aucun danger. Bouton de Julie: enregistrez ce numéro dans vos contacts, puis "
        "répondez OUI 4821 si vous acceptez d'etre prévenu. Sinon répondez NON.",
        "TEST, no danger. Julie's button: save this number in your contacts, then reply OUI 4821 "
        "if you agree to be warned. If not, reply NON.",
    ),
    (
        texts.END,
        facts(when="09:42", code=CODE),
        "Julie: fin du suivi à 09:42 (durée maximale). Ce N'EST PAS un retour au calme. Si "
        "personne ne lui a parlé, appelez le 17. Code CODE",
        "Julie: tracking ended at 09:42 (time limit). This does NOT mean she is safe. If nobody "
        "has spoken to her, call 17 or 112. Code CODE",
    ),
    (
        texts.SWITCHED_ON,
        placed(25, "23:09", press="05/11 21:42", when="23:10"),
        "Julie: bouton rallumé à 23:10. L'alerte du 05/11 21:42 N'EST PAS levée, appelez le 17. "
        "LINK +/-25m à 23:09",
        "Julie: button on again at 23:10. The alert of 05/11 21:42 is NOT over, call 17 or 112. "
        "LINK +/-25m at 23:09",
    ),
    (
        texts.WATCH_END,
        facts(when="22:40"),
        "Julie: fin de la veille de 21:42, à 22:40. Plus de suivi. Si vous ne l'avez pas eue de "
        "vive voix, prenez de ses nouvelles comme convenu.",
        "Julie: watch of 21:42 ended at 22:40. No more tracking. If you have not heard her "
        "voice, check on her as agreed.",
    ),
)


def test_golden_rows_are_word_for_word():
    for kind, given, french, english in GOLDEN:
        for language, row in (("fr", french), ("en", english)):
            row = row.replace("LINK", LINK).replace("Code CODE", "Code " + CODE)
            text = texts.compose(kind, language, given)
            assert text == row, (kind, language, text, row)


def test_what_is_unknown_is_left_out_cleanly():
    bare = facts(press="", when="", fix=None, cell=None, battery=None)
    rows = (
        (
            texts.WATCH,
            "Julie n'est pas tranquille. Restez joignable, ne l'appelez pas. Lieu "
            "inconnu. Répondez OK",
        ),
        (
            texts.DANGER,
            "DANGER Julie. Appelez le 17. Ne l'appelez pas. Lieu inconnu. Lieu suivra. "
            "Répondez OK",
        ),
        (
            texts.FALL,
            "CHUTE Julie, pas de réaction. Appelez le 112, lisez ce lieu. Ne l'appelez "
            "pas. Lieu inconnu. Répondez OK",
        ),
        (
            texts.REFINED,
            "Julie, lieu plus précis: Lieu inconnu. Alerte en cours, donnez-le au 17.",
        ),
        (texts.TRACK, "Julie, suivi 3: Lieu inconnu. L'alerte continue."),
        (
            texts.CANCELLED,
            "Julie a annulé l'alerte. Vérifiez DE VIVE VOIX avec le mot convenu. Pas "
            "de mot, ou doute: appelez le 17.",
        ),
        (
            texts.DURESS,
            "Julie: annulation peut-etre FORCEE. DANGER: appelez le 17, ne l'appelez "
            "pas. Lieu inconnu",
        ),
        (
            texts.BATTERY_OUT,
            "Julie: batterie vide, le suivi cesse. L'alerte N'EST PAS levée, "
            "appelez le 17. Lieu inconnu",
        ),
        (
            texts.END,
            "Julie: fin du suivi (durée maximale). Ce N'EST PAS un retour au calme. Si "
            "personne ne lui a parlé, appelez le 17.",
        ),
        (
            texts.SWITCHED_ON,
            "Julie: bouton rallumé. L'alerte N'EST PAS levée, appelez le 17. Lieu inconnu",
        ),
        (
            texts.WATCH_END,
            "Julie: fin de la veille. Plus de suivi. Si vous ne l'avez pas eue de "
            "vive voix, prenez de ses nouvelles comme convenu.",
        ),
    )
    for kind, row in rows:
        text = texts.compose(kind, "fr", bare)
        assert text == row, (kind, text)
        english = texts.compose(kind, "en", bare)
        for broken in ("  ", " .", " ,", "{", "[", "]"):
            assert broken not in text and broken not in english, (kind, text, english)
    timeless = texts.compose(texts.TRACK, "en", facts(fix_at="", battery=None))
    assert timeless == "Julie, track 3: " + LINK + " +/-25m. Alert goes on."


def test_cells_as_a_control_room_reads_them():
    rows = (
        (Cell("208", "01", "1A2B", "0123456"), "Lieu inconnu, antenne 208-01-1A2B-0123456."),
        (Cell("208", "01", "1A2B", ""), "Lieu inconnu, antenne 208-01-1A2B."),
        (Cell("208", "015", "", ""), "Lieu inconnu, antenne 208-015."),
        (Cell("", "", "", ""), "Lieu inconnu."),
        (None, "Lieu inconnu."),
    )
    for cell, part in rows:
        text = texts.compose(texts.TRACK, "fr", facts(fix=None, cell=cell))
        assert text.startswith("Julie, suivi 3: " + part + " L'alerte"), text


def test_links_round_to_the_nearest():
    rows = (
        (457604349, 48356650, 5, "45.76043,4.83567"),
        (457604350, -48356649, 5, "45.76044,-4.83566"),
        (-457604350, -48356650, 5, "-45.76044,-4.83567"),
        (-49, 49, 5, "0.00000,0.00000"),
        (-50, 50, 5, "-0.00001,0.00001"),
        (-899999999, 1799999999, 5, "-90.00000,180.00000"),
        (457609999, 48300000, 4, "45.7610,4.8300"),
        (-499, -500, 4, "0.0000,-0.0001"),
        (5999999, 60000, 3, "0.600,0.006"),
    )
    for lat_e7, lon_e7, decimals, end in rows:
        link = texts.link(lat_e7, lon_e7, decimals)
        assert link == "https://maps.google.com/?q=" + end, (link, end)


def test_a_resent_message_is_marked_but_never_the_test():
    for kind in KINDS:
        for language in ("fr", "en"):
            text = texts.compose(kind, language, facts(code="4821"), True)
            assert text.startswith("(2) ") is (kind != texts.TEST), text


def test_the_drop_order():
    near = FIX[:2]
    far = (-337604300, -1793566000)
    late = "05/11 21:42"
    # language, name, press, place, radius -> how the text ends: each row drops one thing more
    rows = (
        (
            "fr",
            "Julie",
            "21:42",
            near,
            25,
            "45.76043,4.83566 +/-25m à 21:41. Bat 80%. Répondez OK",
        ),
        ("fr", "Alexandra", "21:42", near, 25, "45.76043,4.83566 +/-25m à 21:41. Répondez OK"),
        ("fr", "Alexandrin", late, near, 2500, "45.76043,4.83566 +/-2500m à 21:41. Rép. OK"),
        ("fr", "Alexandrin", late, far, 25000, "-33.7604,-179.3566 +/-25000m à 21:41. Rép. OK"),
        ("en", "Julie", "21:42", near, 25, "45.76043,4.83566 +/-25m at 21:41. Batt 80%. Reply OK"),
        ("en", "Alexandra", "21:42", near, 25, "45.76043,4.83566 +/-25m at 21:41. Reply OK"),
        ("en", "Alexandrin", late, near, 2500, "45.7604,4.8357 +/-2500m at 21:41. Reply OK"),
        ("en", "Alexandrin", late, far, 25000, "-33.7604,-179.3566 +/-25000m at 21:41."),
    )
    for language, name, press, place, radius_m, end in rows:
        fix = Fix(place[0], place[1], radius_m, None, 0, 90, 9, 3, 0)
        text = texts.compose(texts.DANGER, language, facts(name=name, press=press, fix=fix), True)
        assert text.endswith("?q=" + end), (text, end)
        assert "lisez-leur ce lieu." in text or "read them this place." in text
        assert gsm7.septet_count(text) <= texts.SEPTETS_MAX


def test_plain_is_the_shortest_form():
    text = texts.compose(texts.DANGER, "fr", facts(), plain=True)
    assert "Bat" not in text and "OK" not in text and "45.7604,4.8357" in text
    assert text.startswith("DANGER Julie 21:42. Appelez le 17, lisez-leur ce lieu.")
    assert "batterie 80%" in texts.compose(texts.LOW_BATTERY, "fr", facts(), plain=True)


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZéèàùçêôûïœŒ"
ACTIONS = (
    (texts.WATCH, "Restez joignable, ne l'appelez pas.", "Stay reachable, do not call her."),
    (texts.DANGER, "Appelez le 17", "Call 17 or 112"),
    (texts.FALL, "Appelez le 112, lisez ce lieu.", "Call 112, read them this place."),
    (texts.DURESS, "appelez le 17, ne l'appelez pas.", "call 17 or 112, do not call her."),
)


def random_facts(rng):
    word = "".join([rng.choice(LETTERS) for _ in range(rng.between(1, 10))])
    fix = Fix(
        rng.between(0, 1800000) * 1000 - 900000000 + rng.below(1000),
        rng.between(0, 3600000) * 1000 - 1800000000 + rng.below(1000),
        rng.choice((rng.below(10), rng.below(1000), rng.below(100000), 99999)),
        None,
        0,
        90,
        9,
        3,
        0,
    )
    digits = "0123456789ABCDEF"
    cell = Cell(
        "%03d" % rng.below(1000),
        rng.choice(("%02d" % rng.below(100), "%03d" % rng.below(1000))),
        "".join([rng.choice(digits) for _ in range(rng.between(4, 6))]),
        "".join([rng.choice(digits) for _ in range(rng.choice((0, 4, 7, 9)))]),
    )
    return facts(
        name=word,
        item=rng.below(100000),
        press=rng.choice(("", "21:42", "05/11 21:42")),
        when=rng.choice(("", "21:58")),
        fix=rng.choice((fix, fix, None)),
        fix_at=rng.choice(("", "21:41")),
        cell=rng.choice((cell, cell, None)),
        battery=rng.choice((None, rng.below(101))),
        count=rng.below(150),
        code=rng.choice(("", "%d" % rng.below(65536) + "h" + "A-_9zZ" * 2 + "abcd")),
    )


def test_every_legal_configuration_fits_one_message():
    longest = 0
    for seed in range(depth(10000)):
        rng = Rng(seed)
        given = random_facts(rng)
        kind = rng.choice(KINDS)
        language = rng.choice(("fr", "en"))
        if kind == texts.TEST:
            given = facts(name=given.name, code="%04d" % rng.below(10000))
        text = texts.compose(kind, language, given, rng.chance(50), rng.chance(5))
        septets = gsm7.septet_count(text)
        assert septets is not None and septets <= texts.SEPTETS_MAX, (seed, septets, text)
        assert "{" not in text and "[" not in text, text
        longest = max(longest, septets)
        for action in ACTIONS:
            if kind == action[0]:
                assert action[1 if language == "fr" else 2] in text, (seed, text)
    assert longest > 155


def test_the_longest_of_every_kind_fits():
    far = Fix(-899999999, -1791234567, 99999, None, 0, 90, 9, 3, 0)
    cell = Cell("208", "012", "1A2B3C", "123456789")
    code = "65535h0123456789ABCDEF"
    for kind in KINDS:
        for language in ("fr", "en"):
            for fix in (far, None):
                for press in ("21:42", "05/11 21:42"):
                    given = facts(
                        name="MMMMMMMMMM",
                        item=99999,
                        press=press,
                        fix=fix,
                        cell=cell,
                        battery=100,
                        count=149,
                        code="4821" if kind == texts.TEST else code,
                    )
                    text = texts.compose(kind, language, given, True)
                    assert gsm7.septet_count(text) <= texts.SEPTETS_MAX, text
