"""gsm7: the alphabet, its extension, packing and transliteration (TS 23.038)."""

import gsm7
from harness import Rng, depth

# Codes of the table in TS 23.038 6.2.1, row by row.
CODES = (
    ("@", 0x00),
    ("£", 0x01),
    ("è", 0x04),
    ("é", 0x05),
    ("ù", 0x06),
    ("ì", 0x07),
    ("ò", 0x08),
    ("Ç", 0x09),
    ("\n", 0x0A),
    ("\r", 0x0D),
    ("Δ", 0x10),
    ("_", 0x11),
    ("Ξ", 0x1A),
    ("Æ", 0x1C),
    ("æ", 0x1D),
    ("ß", 0x1E),
    ("É", 0x1F),
    (" ", 0x20),
    ("¤", 0x24),
    ("0", 0x30),
    ("¡", 0x40),
    ("A", 0x41),
    ("Z", 0x5A),
    ("Ä", 0x5B),
    ("§", 0x5F),
    ("¿", 0x60),
    ("a", 0x61),
    ("z", 0x7A),
    ("ü", 0x7E),
    ("à", 0x7F),
)
EXTENDED = (
    ("\f", 0x0A),
    ("^", 0x14),
    ("{", 0x28),
    ("}", 0x29),
    ("\\", 0x2F),
    ("[", 0x3C),
    ("~", 0x3D),
    ("]", 0x3E),
    ("|", 0x40),
    ("€", 0x65),
)


def test_codes_of_the_standard():
    for character, code in CODES:
        assert gsm7.encode(character) == bytes((code,)), character
        assert gsm7.decode(bytes((code,))) == character
    for character, code in EXTENDED:
        assert gsm7.encode(character) == bytes((0x1B, code)), character
        assert gsm7.decode(bytes((0x1B, code))) == character


def test_every_code_survives():
    for code in range(128):
        if code != 0x1B:
            text = gsm7.decode(bytes((code,)))
            assert len(text) == 1 and gsm7.encode(text) == bytes((code,))


def test_what_the_alphabet_lacks():
    for character in "çêâîôûëïÿœÀÂÈÊ`\t\x1b\uffff\u4e00😀":
        assert gsm7.encode(character) is None, character
        assert gsm7.septet_count(character) is None


def test_septet_count():
    for text, count in (("", 0), ("abc", 3), ("à 5€", 5), ("[x]", 5)):
        assert gsm7.septet_count(text) == count


def test_escapes_that_mean_nothing():
    for septets, text in (
        (b"\x1b", " "),
        (b"a\x1b", "a "),
        (b"\x1b\x1b", " "),
        (b"\x1bA", "A"),  # not in the extension table: as the main table has it
        (b"\x1b\x1b\x65", " e"),
    ):
        assert gsm7.decode(septets) == text


# (text, what is sent): the accents of French, then the rest of Europe, then what has no letter
TRANSLITERATED = (
    ("Répondez à Chloé, où ?", "Répondez à Chloé, où ?"),
    ("français, forêt, hôte, août, Noël, cœur", "francais, foret, hote, aout, Noel, coeur"),
    ("ÇA, É, À, Ê", "ÇA, É, A, E"),
    ("l’été… «oui» – 50 €", 'l\'été... "oui" - 50 €'),
    ("Łukasz Şahin Žofie Ørjan Þór", "Lukasz Sahin Zofie Ørjan Thor"),
    ("a\u00a0b\tc", "a b c"),
    ("日本 😀\x00\x1b\uffff", "?? ????"),
)


def test_transliteration():
    for text, sent in TRANSLITERATED:
        assert gsm7.transliterate(text) == sent, text


def test_transliterated_text_is_always_in_the_alphabet():
    rng = Rng(7)
    for _ in range(depth(20000)):
        text = "".join([chr(1 + rng.below(0x2FF)) for _ in range(20)])
        assert gsm7.encode(gsm7.transliterate(text)) is not None


# (septets, octets, fill bits): "hellohello" is the example of every SMS tutorial
PACKED = (
    (b"", b"", 0),
    (b"h", b"\x68", 0),
    (b"hellohello", bytes((0xE8, 0x32, 0x9B, 0xFD, 0x46, 0x97, 0xD9, 0xEC, 0x37)), 0),
    (b"1234567", bytes((0x31, 0xD9, 0x8C, 0x56, 0xB3, 0xDD, 0x00)), 0),  # spare bits are zero
    (b"12345678", bytes((0x31, 0xD9, 0x8C, 0x56, 0xB3, 0xDD, 0x70)), 0),
    (b"A", b"\x82", 1),
    (b"AB", bytes((0x82, 0x42)), 1),
)


def test_packing():
    for septets, octets, fill_bits in PACKED:
        assert gsm7.pack(septets, fill_bits) == octets, septets
        assert gsm7.unpack(octets, len(septets), fill_bits) == septets


def test_packing_round_trip():
    rng = Rng(1)
    for _ in range(depth(100000)):
        septets = bytes([rng.below(128) for _ in range(rng.below(161))])
        fill_bits = rng.below(7)
        octets = gsm7.pack(septets, fill_bits)
        assert len(octets) == (len(septets) * 7 + fill_bits + 7) // 8
        assert gsm7.unpack(octets, len(septets), fill_bits) == septets


def test_unpacking_what_is_too_short():
    assert gsm7.unpack(b"\x31\xd9", 100) == b"12"
    assert gsm7.unpack(b"", 5) == b""
    assert gsm7.unpack(b"\xff", 0) == b""


def test_clip_keeps_escapes_whole():
    septets = gsm7.encode("ab€")
    for count, kept in ((0, b""), (1, b"a"), (2, b"ab"), (3, b"ab"), (4, septets), (9, septets)):
        assert gsm7.clip(septets, count) == kept
