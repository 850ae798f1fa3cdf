"""What the files cannot show by themselves: whose registry it is, and who stamped what."""

import base64
import json
import re
import shlex
import shutil
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import ev1_writer as writer
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from ev1_writer import Association
from harness import depth
from stamp_authority import StampAuthority

from kit import arguments, authority, registry, stamps, trust
from kit.__main__ import main

PUBLISHED = Path(__file__).resolve().parents[2] / "kit/published"
SIGNING = Association().signing
KEY = SIGNING.public_key().public_bytes_raw().hex()
PRINT = sha256(bytes.fromhex(KEY)).hexdigest()
KEYS = ["--key", "key.pem", "--secrets", "secrets.json"]
NOT_COMPARED = f"under the key {trust.grouped(PRINT)} that it holds itself; it was not compared"
UNCHECKED = "is not established: the authority's signature was not checked"
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to stamp")


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with the published files, to work in."""
    for path in PUBLISHED.iterdir():
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def authorities(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authorities")
    return StampAuthority(folder / "one"), StampAuthority(folder / "other")


def judged(capsys, *args, file="recording.ev1", keys=KEYS, code=0):
    """(its JSON, of its only recording) as `verify --json` tells it."""
    capsys.readouterr()
    command = ["verify", file, "--registry", "registry.json", *keys, "--json"]
    assert main([*command, *map(str, args)]) == code
    found = json.loads(capsys.readouterr().out)
    (one,) = found["recordings"]
    return found, one


# -- the registry's key ----------------------------------------------------------------------


def test_without_a_key_from_elsewhere_the_verdict_says_so(desk, capsys):
    found, one = judged(capsys)
    assert found["registry"]["signing_key_compared"] is None and one["grade"] == "A"
    assert NOT_COMPARED in one["words"]["en"]
    assert "pas été comparée à une empreinte obtenue ailleurs" in one["words"]["fr"]
    main(["verify", "recording.ev1", "--registry", "registry.json"])
    assert "not compared (--association-key)" in capsys.readouterr().out


def test_the_key_in_every_form_that_paper_or_a_file_may_have(desk, capsys):
    pem = SIGNING.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (desk / "key.pub").write_bytes(pem)
    (desk / "print.txt").write_text(trust.grouped(PRINT) + "\n")
    colons = ":".join(KEY[at : at + 2] for at in range(0, 64, 2)).upper()
    for given in (KEY, PRINT, PRINT[:32], trust.grouped(PRINT), colons, "key.pub", "print.txt"):
        found, one = judged(capsys, "--association-key", given)
        assert found["registry"]["signing_key_compared"] is True, given
        assert one["grade"] == "A" and "compared" not in one["words"]["en"]


def test_a_registry_that_somebody_else_signed_is_not_established(desk, capsys):
    """The same devices, rightly signed: by a key that is not the association's."""
    entry = json.loads((desk / "registry.json").read_text())
    stranger = Association("stranger").signing
    entry["association"]["signing_key"] = stranger.public_key().public_bytes_raw().hex()
    (desk / "registry.json").write_text(json.dumps(registry.sign(entry, stranger)))
    found, one = judged(capsys)
    assert found["registry"]["signed"] and one["grade"] == "A"  # nothing in the file shows it
    assert "was not compared" in one["words"]["en"] and trust.grouped(PRINT) not in str(one)
    for given in (KEY, PRINT, PRINT[:32]):
        found, one = judged(capsys, "--association-key", given, code=1)
        assert one["grade"] == "D" and found["registry"]["signing_key_compared"] is False
        assert "signed with another key than the association's" in one["reasons"][0]
        assert "signé par une autre clé que" in one["words"]["fr"]
    where = ["--registry", "registry.json", *KEYS, "--association-key", KEY, "--out", "out"]
    assert main(["disclose", "recording.ev1", *where, "--number", "3", "--class", "audio"]) == 2
    assert "not established (the registry is signed with another" in capsys.readouterr().err
    assert not (desk / "out").exists()


def test_only_32_or_64_digits_are_a_fingerprint():
    key = bytes.fromhex(KEY)
    assert trust.is_key(KEY, key) and trust.is_key(PRINT, key) and trust.is_key(PRINT[:32], key)
    wrong = (KEY[:32], PRINT[:31], PRINT[32:], "", PRINT[:-1] + "g", PRINT[:63])
    assert not any(trust.is_key(digits, key) for digits in wrong)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (PRINT[:30], "No such file"),
        ("z" * 32, "neither a fingerprint (32 or 64 hex digits) nor a key"),
        ("anchors.csv", "anchors.csv: neither a fingerprint"),
        ("key.pem", "key.pem: not a PEM public key of Ed25519"),
        ("recording.ev1", "recording.ev1: neither a fingerprint"),
    ],
)
def test_what_is_no_key(desk, capsys, given, expected):
    command = ["verify", "recording.ev1", "--registry", "registry.json"]
    assert main([*command, "--association-key", given]) == 2
    said = capsys.readouterr()
    assert not said.out and expected in said.err.splitlines()[-1]
    assert len(said.err.splitlines()) == 2


# -- who signed a stamp ----------------------------------------------------------------------


@needs_openssl
def test_a_token_is_of_the_authority_whose_root_was_given(authorities):
    one, other = authorities
    digest = sha256(b"image").digest()
    full, bare = one.token(digest), one.token(digest, certificates=False)
    cases = [
        (full, one.certificates("root"), True),
        (full, one.certificates("root", "between", "tsa"), True),
        (full, other.certificates("root"), False),
        (full, one.certificates("tsa"), False),  # nobody vouches for it
        (bare, one.certificates("root"), False),  # who signed it is nowhere
        (bare, one.certificates("root", "between", "tsa"), True),
        (bare, other.certificates("root", "between", "tsa"), False),
    ]
    for number, (token, path, expected) in enumerate(cases):
        stamp = stamps.read(token, digest, authority.read(path))
        assert stamp.matches and stamp.authority is expected, number
        assert stamps.read(token, digest).authority is None
    roots = authority.read(one.root)
    elsewhere = stamps.read(full, sha256(b"else").digest(), roots)
    assert (elsewhere.matches, elsewhere.authority) == (False, True)
    long = stamps.read(one.token(bytes(64), "sha512"), digest, roots)
    assert (long.matches, long.authority) == (False, True)


@needs_openssl
def test_a_changed_token_never_says_another_thing(authorities):
    """Versions and the name of the signature's algorithm are under no signature (RFC 5652)."""
    one, _ = authorities
    digest, roots = sha256(b"image").digest(), authority.read(one.root)
    token = one.token(digest)
    good = stamps.read(token, digest, roots)
    assert (good.matches, good.authority) == (True, True)
    time = datetime.fromtimestamp(good.utc_s, timezone.utc).strftime("%Y%m%d%H%M%SZ").encode()
    said = [range(token.index(what), token.index(what) + 15) for what in (time, digest)]
    assert token.count(time) == token.count(digest) == 1
    step = 1 + len(token) // depth(20000)
    for at in [*range(0, len(token), step), *said[0], *said[1]]:
        hit = bytearray(token)
        hit[at] ^= 1 << at % 8
        found = stamps.read(bytes(hit), digest, roots)
        assert not (found.matches and found.authority) or found == good, at
        assert not found.authority or at not in said[0] and at not in said[1], at
        assert not stamps.read(token[:at], digest, roots).matches


@needs_openssl
def test_a_signer_whose_certificate_is_not_for_stamping(authorities):
    """Issuer, serial number and key as they should be; openssl would not stamp with it."""
    one, _ = authorities
    digest = sha256(b"image").digest()
    bare = one.token(digest, certificates=False)
    for purpose, expected in (("stamping", True), ("other", False), ("ca", False)):
        one.reissue(purpose)
        roots = authority.read(one.certificates("root", "between", "again"))
        assert stamps.read(bare, digest, roots).authority is expected, purpose


@needs_openssl
def test_the_stamp_of_the_registry(desk, capsys, authorities):
    one, other = authorities
    entry = json.loads((desk / "registry.json").read_text())
    token = one.token(registry.stamped_digest(entry))
    entry["stamp"] = base64.b64encode(token).decode()
    (desk / "registry.json").write_text(json.dumps(entry))
    found, it = judged(capsys)
    assert it["grade"] == "A" and found["registry"]["stamp_authority"] is None
    assert UNCHECKED in it["words"]["en"] and "n'est pas établi" in it["words"]["fr"]
    found, it = judged(capsys, "--stamp-authority", one.root)
    assert it["grade"] == "A" and found["registry"]["stamp_authority"] is True
    assert "established" not in it["words"]["en"]
    found, it = judged(capsys, "--stamp-authority", other.root, code=1)
    assert it["grade"] == "D" and found["registry"]["stamp_authority"] is False
    assert it["reasons"] == [
        "the registry's time stamp is signed by none of the given authorities"
    ]


def test_certificates_that_are_none(desk, capsys, monkeypatch):
    command = ["verify", "recording.ev1", "--registry", "registry.json", "--stamp-authority"]
    assert main([*command, "key.pem"]) == 2
    assert "key.pem: no certificate (PEM) in it" in capsys.readouterr().err
    monkeypatch.setitem(__import__("sys").modules, "rfc3161_client", None)
    assert main([*command, "key.pem"]) == 2
    assert "rfc3161_client is missing: .venv/bin/pip install" in capsys.readouterr().err


# -- disclosures -----------------------------------------------------------------------------

COST = "only the shared key fixes, whoever holds that key could have made since"


def disclose(*more):
    command = ["disclose", "recording.ev1", "--registry", "registry.json", *KEYS, "--number", "3"]
    return main([*command, "--class", "audio", "--out", "out", *map(str, more)])


def received(capsys, *more, code=0):
    """What the other side's verifier says of it."""
    keys = ["--class-key", "out/3-audio-key.json"]
    return judged(capsys, *more, file="out/3-audio.ev1", keys=keys, code=code)[1]["words"]["en"]


def test_a_disclosure_without_a_stamp_says_what_that_costs(desk, capsys):
    assert disclose() == 0
    assert sum(COST in line for line in capsys.readouterr().out.splitlines()) == 1
    hashes = ["--hashes", "out/3-audio-hashes.json"]
    assert COST in received(capsys) and COST in received(capsys, *hashes)
    (desk / "out/3-log-hashes.json").write_text("{}")
    _, own = judged(capsys)
    assert COST not in own["words"]["en"]  # the desk reads its own image


@needs_openssl
def test_a_disclosure_with_a_stamp(desk, capsys, authorities):
    one, other = authorities
    digest = sha256((desk / "recording.ev1").read_bytes()).digest()
    (desk / "token").write_bytes(one.token(digest))
    assert disclose("--stamp", "token") == 0
    assert UNCHECKED in capsys.readouterr().out
    assert (desk / "out/3-audio-stamp.der").read_bytes() == (desk / "token").read_bytes()
    stamp = ["--stamp", "out/3-audio-stamp.der", "--hashes", "out/3-audio-hashes.json"]
    assert UNCHECKED in received(capsys, *stamp) and COST in received(capsys)
    said = received(capsys, *stamp, "--stamp-authority", one.root)
    assert "existed not later than 20" in said and COST not in said and UNCHECKED not in said
    said = received(capsys, *stamp, "--stamp-authority", other.root)
    assert "is signed by none of the given authorities" in said and "existed" not in said
    said = received(capsys, *stamp[:2], "--stamp-authority", one.root)  # of what, nobody said
    assert "is not over the raw image" in said and "existed" not in said


@needs_openssl
def test_a_wrong_stamp_is_refused_before_anything_is_disclosed(desk, capsys, authorities):
    one, other = authorities
    digest = sha256((desk / "recording.ev1").read_bytes()).digest()
    (desk / "good").write_bytes(one.token(digest))
    (desk / "else").write_bytes(one.token(sha256(b"else").digest()))
    cases = [
        (["--stamp", "else"], "else: not over SHA-256 of recording.ev1"),
        (["--stamp", "key.pem"], "key.pem: not an RFC 3161 token"),
        (["--stamp", "good", "--stamp-authority", other.root], "good: not signed by an authority"),
    ]
    for more, expected in cases:
        assert disclose(*more) == 2
        assert expected in capsys.readouterr().err and not (desk / "out").exists()


def test_hashes_of_another_file(desk, capsys):
    assert disclose() == 0
    command = ["verify", "recording.ev1", "--registry", "registry.json", "--hashes"]
    assert main([*command, "out/3-audio-hashes.json"]) == 2
    assert "the hashes of another file than recording.ev1" in capsys.readouterr().err
    assert main([*command, "key.pem"]) == main([*command, "secrets.json"]) == 2
    assert "secrets.json: not the hashes of a disclosure" in capsys.readouterr().err


@needs_openssl
def test_reports_say_it_and_serve_the_stamp(desk, capsys, monkeypatch, authorities):
    monkeypatch.setattr("kit.report.pdf.browser", lambda: None)
    one, _ = authorities
    digest = sha256((desk / "recording.ev1").read_bytes()).digest()
    (desk / "token").write_bytes(one.token(digest))
    command = ["report", "recording.ev1", "--registry", "registry.json", *KEYS, "--out"]
    assert main([*command, "bare"]) == 0
    checked = ["--stamp-authority", str(one.root), "--association-key", KEY]
    assert main([*command, "unchecked", "--stamp", "token"]) == 0
    assert main([*command, "checked", "--stamp", "token", *checked]) == 0
    served = {name: desk / name / "recording-3/to-be-served" for name in ("bare", "checked")}
    text = {name: _page(desk / name) for name in ("bare", "unchecked", "checked")}
    assert COST in text["bare"] and COST not in text["checked"]
    assert "it was not compared with" in text["bare"] and "existed not later" in text["checked"]
    assert "the authority&#39;s signature was NOT checked" in text["unchecked"]
    assert "signed by an authority that was given" in text["checked"]
    assert "NOT compared" in text["bare"] and "compared" not in text["checked"]
    assert not (served["bare"] / "raw-stamp.der").exists()
    monkeypatch.chdir(served["checked"])
    (again,) = set(re.findall(r"python -m kit (verify 3-audio.*--stamp .*?)\s*<", text["checked"]))
    assert main([*shlex.split(again), *checked, "--json"]) == 0
    (it,) = json.loads(capsys.readouterr().out.splitlines()[-1])["recordings"]
    assert "existed not later" in it["words"]["en"] and it["grade"] == "A"


def _page(folder):
    return (folder / "recording-3/to-be-served/report.html").read_text()


# -- files of the desk -----------------------------------------------------------------------


def test_secrets_without_the_device_are_no_verdict(desk, capsys):
    (desk / "secrets.json").write_bytes(writer.secrets([writer.Device("other device")]))
    keys = ["--registry", "registry.json", *KEYS]
    more = ["--number", "3", "--class", "audio", "--out", "out"]
    for command, rest in (("verify", []), ("disclose", more), ("report", more[-2:])):
        assert main([command, "recording.ev1", *keys, *rest]) == 2
        said = capsys.readouterr()
        assert not said.out and not (desk / "out").exists()
        line = f"kit {command}: secrets.json holds no secret of device c793d4861afea9f3"
        assert said.err.splitlines()[1:] == [line]


def test_a_recording_without_a_number_needs_no_secret(desk, capsys):
    """No slot was valid: psk is zeros, and it is a verdict (D)."""
    device = writer.Device()
    made = writer.Recording(device, Association(), 0xFFFFFFFF)
    made.seal_key = bytes(32)
    made.device = SimpleNamespace(public_key=lambda *_: bytes(32), identifier=device.identifier)
    (desk / "none.ev1").write_bytes(writer.tell(made).data())
    (desk / "secrets.json").write_text('{"format": 1, "devices": {}}')
    _, one = judged(capsys, file="none.ev1", code=1)
    assert one["grade"] == "D" and one["segments"] > 0


# -- examples --------------------------------------------------------------------------------


def examples():
    for name, text in arguments.EXAMPLES.items():
        for line in text.replace("\\\n", " ").splitlines():
            if line.strip().startswith("python -m kit "):
                yield name, shlex.split(line)[3:]


def test_the_example_of_verify_is_complete(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(PUBLISHED.parents[1])
    (args,) = [args for name, args in examples() if name == "verify"]
    assert main([*args, "--copies", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["registry"]["signing_key_compared"] is True
    assert found["recordings"][0]["provisos"] == []
