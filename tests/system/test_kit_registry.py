"""The files of the desk: registry, its signature and stamp, anchors, LM-OTS against a referee."""

import base64
import json
import shutil
import subprocess
from hashlib import sha256

import ev1_writer as writer
import lmots_vector as vector
import pytest
from ev1_judges import Desk
from ev1_writer import Association, Device, Recording
from harness import Rng, depth

from kit import anchors, keys, lmots, registry, sound, stamps, verify
from kit.command import Unusable
from kit.records import Sound

ASSOCIATION, DEVICE = Association(), Device()


def test_registry_of_the_writer_holds():
    data = ASSOCIATION.registry([DEVICE, Device("other device")])
    read = registry.parse(data)
    assert read.signed and read.stamp is None and read.digest == sha256(data).hexdigest()
    one = read.devices[DEVICE.devid]
    assert one.identifier == DEVICE.identifier and one.agreement_key == ASSOCIATION.public
    assert [key.hex() for key in one.seal_keys] == DEVICE.seal_keys()


def test_every_changed_value_breaks_the_signature():
    entry = json.loads(ASSOCIATION.registry([DEVICE]))
    device = entry["devices"][0]
    changes = [
        (entry["association"], "name", "x"),
        (device, "devid", "00" * 8),
        (device, "identifier", "00" * 16),
        (device, "agreement_key", "00" * 32),
        (device, "issued_utc", "2020-01-01T00:00:00Z"),
        (device, "hashes", {}),
        (device["seal_keys"], 200, "00" * 32),
        (entry, "extra", 1),
    ]
    for holder, key, value in changes:
        before = holder.get(key) if isinstance(holder, dict) else holder[key]
        holder[key] = value
        assert not registry.parse(json.dumps(entry).encode()).signed, key
        holder[key] = before
        if before is None:
            del holder[key]
    assert registry.parse(json.dumps(entry).encode()).signed


BROKEN = [
    lambda e: e.pop("format"),
    lambda e: e.update(format=2),
    lambda e: e.pop("signature"),
    lambda e: e.update(stamp="not base64!"),
    lambda e: e["devices"].append(e["devices"][0]),
    lambda e: e["devices"][0]["seal_keys"].pop(),
    lambda e: e["devices"][0]["seal_keys"].__setitem__(1, e["devices"][0]["seal_keys"][0]),
    lambda e: e["devices"][0].update(devid="XX" * 8),
    lambda e: e["devices"][0].update(devid="AB" * 8),
    lambda e: e["devices"][0].update(issued_utc="yesterday"),
    lambda e: e["association"].update(signing_key=5),
    lambda e: e.update(devices={}),
    lambda e: e["devices"].__setitem__(0, None),
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_what_is_no_registry(number):
    entry = json.loads(ASSOCIATION.registry([DEVICE]))
    BROKEN[number](entry)
    if number == 11:
        entry["devices"] = 7
    with pytest.raises(ValueError):
        registry.parse(json.dumps(entry).encode())


def test_what_the_kit_signs_it_reads():
    entry = {
        "format": 1,
        "association": {
            "name": "Été",
            "signing_key": ASSOCIATION.signing.public_key().public_bytes_raw().hex(),
        },
        "devices": [],
    }
    made = registry.sign(entry, ASSOCIATION.signing)
    assert registry.parse(json.dumps(made).encode()).signed
    made["association"]["name"] = "Ete"
    assert not registry.parse(json.dumps(made).encode()).signed


# -- time stamps, made by openssl ------------------------------------------------------------

CONFIG = """[tsa]
default_tsa = t
[t]
dir = .
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
accuracy = secs:1
[ext]
extendedKeyUsage = critical,timeStamping
[req]
distinguished_name = dn
[dn]
"""


def token(folder, digest, name="sha256"):
    """The DER of a token over this digest, by an authority of our own."""
    (folder / "c.cnf").write_text(CONFIG)
    (folder / "serial").write_text("01")

    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    req = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "tsa.key",
        "-out",
        "tsa.pem",
    ]
    openssl(*req, "-subj", "/CN=Test", "-config", "c.cnf", "-extensions", "ext", "-days", "9")
    openssl("ts", "-query", "-digest", digest.hex(), "-" + name, "-no_nonce", "-out", "q.tsq")
    reply = ["ts", "-reply", "-config", "c.cnf", "-section", "t", "-queryfile", "q.tsq"]
    openssl(*reply, "-token_out", "-out", "token.der")
    return (folder / "token.der").read_bytes()


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make a time stamp")
def test_stamps(tmp_path):
    entry = json.loads(ASSOCIATION.registry([DEVICE]))
    good = token(tmp_path, registry.stamped_digest(entry))
    entry["stamp"] = base64.b64encode(good).decode()
    read = registry.parse(json.dumps(entry).encode())
    assert read.signed and read.stamp.matches
    assert read.stamp.utc_s > 1_700_000_000
    assert not stamps.read(good, sha256(b"else").digest()).matches

    recording = writer.tell(Recording(DEVICE, ASSOCIATION, 3))
    desk = Desk(ASSOCIATION, [DEVICE])
    early = anchors.parse(writer.anchors(recording).decode().replace("2026-", "2001-"))
    desk.registry = json.dumps(entry).encode()
    (one,) = verify.verify(recording.data(), desk.given(), early).recordings
    assert one.grade == "A"
    assert "late_registry" in {note.code for note in one.remarks}

    entry["stamp"] = base64.b64encode(token(tmp_path, sha256(b"else").digest())).decode()
    desk.registry = json.dumps(entry).encode()
    (one,) = verify.verify(recording.data(), desk.given()).recordings
    assert one.grade == "D" and "time stamp" in str(one.recording.faults[0])
    for size in range(0, len(good), 1 + len(good) // depth(1000)):
        assert not stamps.read(good[:size], registry.stamped_digest(entry)).matches


# -- anchors ---------------------------------------------------------------------------------

TEXTS = [
    ("Code 17oAbCdEfGhIjKlMn-p", [(17, "o")]),
    ("17hAbCdEfGhIjKlMn_p", [(17, "h")]),
    ("Lieu: x. Code 3oAAAAAAAAAAAAAAAA. Code 4hBBBBBBBBBBBBBBBB", [(3, "o"), (4, "h")]),
    ("4294967295oAAAAAAAAAAAAAAAA", [(4294967295, "o")]),
    ("17xAbCdEfGhIjKlMnOp", []),
    ("17oAbCdEfGhIjKlMnO", []),
    ("17oAbCdEfGhIjKlMnOpq", []),
    ("a17oAbCdEfGhIjKlMnOp", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_codes_in_texts(text, expected):
    rows = anchors.parse(
        f'received_utc,from,text\n2026-11-05T20:41:19Z,+33 6 39 98 00 09,"{text}"\n'
    )
    assert [(one.q, one.kind) for one in rows] == expected
    assert all(one.code in text for one in rows)


def test_wrong_anchors_are_told_by_line():
    head = "received_utc,from,text\n"
    cases = [
        ("", "first line"),
        ("a,b,c\n", "first line"),
        (head + "2026-11-05 20:41,x,y\n", "line 2: not a time"),
        (head + "\n2026-11-05T20:41:19Z,x\n", "line 3 has 2 columns"),
    ]
    for text, expected in cases:
        with pytest.raises(ValueError, match=expected):
            anchors.parse(text)
    assert anchors.parse("\ufeff"[1:] + head) == []


def test_anchors_match_and_are_never_a_verdict():
    recording = writer.tell(Recording(DEVICE, ASSOCIATION, 3))
    rows = ["received_utc,from,text"]
    whole = [recording.digest] + [writer.digest(one) for one in recording.statements]
    codes = [writer.code(3, kind, one) for kind, one in zip("ohhh", whole)]
    codes += [writer.code(3, "h", recording.digest), writer.code(9, "o", recording.digest)]
    rows += [f"2026-11-05T20:41:19Z,x,Code {code}" for code in codes]
    found = anchors.parse("\n".join(rows))
    result = verify.verify(recording.data(), Desk(ASSOCIATION, [DEVICE]).given(), found)
    (one,) = result.recordings
    assert [match.of for match in one.matched] == ["opening", "seal 0", "seal 1", "seal 2"]
    assert [anchor.code for anchor in one.unmatched] == [codes[4]]
    assert [anchor.code for anchor in result.stray] == [codes[5]]
    assert one.grade == "A"


# -- primitives ------------------------------------------------------------------------------


def test_lmots_of_the_rfc_and_of_pyhsslms():
    rng = Rng(1)
    for _ in range(depth(100)):
        identifier, seed, message = rng.bytes(16), rng.bytes(32), rng.bytes(rng.below(300))
        q, j = rng.below(256), rng.below(1 << 10)
        private = writer.lmots(identifier, q, j, seed)
        key, signature = private.publicKey().K, private.sign(message)
        leaf = j << 8 | q
        assert lmots.verify(identifier, leaf, key, message, signature)
        assert lmots.verify(
            identifier, leaf, key, message, writer.signature(identifier, q, j, seed, message)
        )
        at = rng.below(len(signature))
        hit = signature[:at] + bytes((signature[at] ^ 1 << rng.below(8),)) + signature[at + 1 :]
        assert not lmots.verify(identifier, leaf, key, message, hit)
        assert not lmots.verify(identifier, leaf ^ 1, key, message, signature)
        assert not lmots.verify(identifier, leaf, key, message + b"\0", signature)
        assert not lmots.verify(identifier, leaf, key, message, signature[:-1])
    public = writer.lmots(vector.IDENTIFIER, vector.Q, 0, vector.SEED).publicKey().K
    leaf = vector.Q
    assert lmots.verify(vector.IDENTIFIER, leaf, public, vector.MESSAGE, vector.SIGNATURE)


def test_sound_is_decoded_as_it_was_encoded():
    tone = writer.Tone()
    blocks = [tone.block(2560) for _ in range(3)]
    read = [
        Sound(
            int.from_bytes(block[:4], "little"),
            int.from_bytes(block[4:6], "little", signed=True),
            block[6],
            block[8:],
        )
        for block in blocks
    ]
    samples = [value for block in read for value in sound.decode(block)]
    wanted = [writer.Tone()._sample(k) for k in range(len(samples))]
    error = sum(abs(a - b) for a, b in zip(samples, wanted)) / len(samples)
    assert error < 200  # of an amplitude of 9000
    for before, block in zip(read, read[1:]):  # each one's state is where the one before ended
        assert abs(sound.decode(before)[-1] - block.predictor) == 0


def test_files_that_hold_no_keys(tmp_path):
    other = tmp_path / "signing.pem"
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    other.write_bytes(ASSOCIATION.signing.private_bytes(*pem))
    with pytest.raises(Unusable, match="not of X25519"):
        keys.read_private(other)
    other.write_text("nothing")
    with pytest.raises(Unusable, match="not an unencrypted PEM"):
        keys.read_private(other)
    for text in ("[]", '{"format": 1}', '{"format": 1, "devices": {"ab": {}}}', "{"):
        other.write_text(text)
        with pytest.raises(Unusable):
            keys.read_secrets(other)
        with pytest.raises(Unusable):
            keys.read_class_key(other)
