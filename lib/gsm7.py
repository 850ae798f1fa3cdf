"""The GSM 7 bit default alphabet and its extension table, and how septets are packed.

Separate because every SMS text, alphanumeric sender and length limit rests on it. Follows 3GPP
TS 23.038: 6.2.1 the alphabet, 6.2.1.1 the extension table, 6.1.2.1 the packing of short
messages. (The carriage return of 6.1.2.3 that fills seven spare bits belongs to USSD: in a
short message TP-UDL counts the septets and the spare bits are zero.) A septet string is
`bytes` with one septet per octet; an escape and its second septet are two of them.
Imports micropython only.
"""

from micropython import const

_ESCAPE = const(0x1B)
_NONE = const(0xFF)  # no code

# 6.2.1, in the order of the codes. U+FFFF stands at the code of the escape: no text has it.
_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\uffffÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# 6.2.1.1: the characters, and at the same index the code that follows the escape.
_EXTENSION = "\f^{}\\[~]|€"
_EXTENSION_CODES = b"\x0a\x14\x28\x29\x2f\x3c\x3d\x3e\x40\x65"

# What is sent in place of characters that the alphabet lacks: lines of it, a colon, them. One text
# rather than many tuples, which would take 5 KB more.
_STAND_INS = """
e:êëēĕėęě
c:çćĉċč
o:ôõóōŏő
u:ûúũūŭůűų
i:îïíĩīĭįı
a:âãáāăą
oe:œ
':’‘‚`´
":“”„«»
-:–—‐‑‒―−
 :\u00a0\u202f\u2009\t
...:…
A:ÀÁÂÃĀĂĄ
E:ÈÊËĒĔĖĘĚ
I:ÌÍÎÏĨĪĬĮİ
O:ÒÓÔÕŌŎŐ
U:ÙÚÛŨŪŬŮŰŲ
OE:Œ
C:ĆĈĊČ
d:ďđð
D:ĎĐÐ
g:ĝğġģ
G:ĜĞĠĢ
h:ĥħ
H:ĤĦ
j:ĵ
J:Ĵ
k:ķ
K:Ķ
l:ĺļľŀł
L:ĹĻĽĿŁ
n:ńņň
N:ŃŅŇ
r:ŕŗř
R:ŔŖŘ
s:śŝşšș
S:ŚŜŞŠȘ
t:ţťŧț
T:ŢŤŦȚ
th:þ
Th:Þ
w:ŵ
W:Ŵ
y:ýÿŷ
Y:ÝŸŶ
z:źżž
Z:ŹŻŽ
"""


def _ascii_codes():
    """The code of each ASCII character, _NONE where the alphabet lacks it.

    Most characters of a text are ASCII, and a search for each is half the time of a message.
    """
    codes = bytearray(b"\xff" * 128)
    for code, character in enumerate(_ALPHABET):
        if ord(character) < 128:
            codes[ord(character)] = code
    return bytes(codes)


_OF_ASCII = _ascii_codes()


def encode(text):
    """The septets of `text`, escapes included; None when a character is not in the alphabet."""
    septets = bytearray()
    for character in text:
        point = ord(character)
        code = _OF_ASCII[point] if point < 128 else _ALPHABET.find(character)
        if 0 <= code < _NONE and code != _ESCAPE:
            septets.append(code)
            continue
        index = _EXTENSION.find(character)
        if index < 0:
            return None
        septets.append(_ESCAPE)
        septets.append(_EXTENSION_CODES[index])
    return bytes(septets)


def decode(septets):
    """The text of a septet string, whatever it holds.

    As 6.2.1.1 has it, a code that the extension table lacks shows the character of the main
    table, and an escape with nothing to escape shows a space.
    """
    text = bytearray()  # UTF-8: a list of characters takes ten times as much, in one piece
    escaped = False
    for code in septets:
        code &= 0x7F
        if escaped:
            escaped = False
            index = _EXTENSION_CODES.find(bytes((code,)))
            text.extend((_EXTENSION[index] if index >= 0 else _plain(code)).encode())
        elif code == _ESCAPE:
            escaped = True
        else:
            text.extend(_ALPHABET[code].encode())
    if escaped:
        text.extend(b" ")
    return text.decode()


def _plain(code):
    return " " if code == _ESCAPE else _ALPHABET[code]


def septet_count(text):
    """How many septets `text` takes; None when a character is not in the alphabet."""
    septets = encode(text)
    return None if septets is None else len(septets)


def transliterate(text):
    """`text` in the alphabet alone: ê becomes e, œ becomes oe, what is unknown becomes "?"."""
    if encode(text) is not None:
        return text
    changed = bytearray()
    for character in text:
        changed.extend(_in_alphabet(character).encode())
    return changed.decode()


def _in_alphabet(character):
    if character != "\uffff" and (character in _ALPHABET or character in _EXTENSION):
        return character
    at = _STAND_INS.find(character)
    if at < 0:
        return "?"
    start = _STAND_INS.rfind("\n", 0, at) + 1
    return _STAND_INS[start : _STAND_INS.find(":", start)]


def clip(septets, count):
    """The first `count` septets at most, never ending between an escape and its septet."""
    if len(septets) <= count:
        return septets
    # An escape is never escaped itself by encode(), so looking one septet back is enough.
    if count and septets[count - 1] == _ESCAPE:
        count -= 1
    return septets[:count]


def pack(septets, fill_bits=0):
    """The octets of 6.1.2.1, after fill_bits (0..6) zero bits that end a user data header."""
    octets = bytearray()
    held = 0
    bits = fill_bits
    for septet in septets:
        held |= septet << bits
        bits += 7
        while bits >= 8:
            octets.append(held & 0xFF)
            held >>= 8
            bits -= 8
    if bits:
        octets.append(held)
    return bytes(octets)


def unpack(octets, count, fill_bits=0):
    """The first `count` septets in `octets`, fewer where these end, after fill_bits bits."""
    septets = bytearray()
    held = 0
    bits = 0
    for octet in octets:
        held |= octet << bits
        bits += 8
        if fill_bits:
            held >>= fill_bits
            bits -= fill_bits
            fill_bits = 0
        while bits >= 7:
            if len(septets) == count:
                return bytes(septets)
            septets.append(held & 0x7F)
            held >>= 7
            bits -= 7
    return bytes(septets)
