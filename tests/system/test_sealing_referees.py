"""The primitives of sealing against programs that nobody here wrote, on CPython and on the VM.

X25519 and HKDF against `cryptography`, LM-OTS against `pyhsslms`, HMAC against Python's own, sound
against its audioop where there is one, else against a decoder written from the IMA's text.
"""

import hmac
import subprocess
from pathlib import Path

import pytest
import sealing
from harness import Rng, depth

from tools.require_vm import vm_binary

cryptography = pytest.importorskip("cryptography")
pyhsslms = pytest.importorskip("pyhsslms")

from cryptography.hazmat.primitives.asymmetric import x25519 as referee  # noqa: E402
from cryptography.hazmat.primitives.hashes import SHA256  # noqa: E402
from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HOSTS = ["cpython", "micropython"]


@pytest.fixture(params=HOSTS)
def ask(request, tmp_path):
    """A function from requests to their answers, as bytes, on one host."""
    if request.param == "cpython":
        return lambda requests: [bytes.fromhex(sealing.answer(_line(one))) for one in requests]
    if vm_binary() is None:
        pytest.skip("no MicroPython VM for this machine")
    return lambda requests: on_vm(requests, tmp_path / "requests")


def on_vm(requests, path):
    path.write_text("".join(_line(one) + "\n" for one in requests))
    program = [vm_binary(), str(HERE / "sealing.py"), str(ROOT), str(path)]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    return [bytes.fromhex(line) for line in done.stdout.splitlines()]


def _line(request):
    return " ".join([request[0], *(one.hex() or "-" for one in request[1:])])


# -- X25519


def test_agreements(ask):
    rng = Rng(1)
    cases = [(rng.bytes(32), rng.bytes(32)) for _ in range(depth(200))]
    ours = [secret for case in cases for secret in case]
    nine = b"\x09" + bytes(31)
    publics = ask([("agree", secret, nine) for secret in ours])
    for secret, public in zip(ours, publics):
        private = referee.X25519PrivateKey.from_private_bytes(secret)
        assert private.public_key().public_bytes_raw() == public
    requests = [("agree", a, publics[2 * k + 1]) for k, (a, _) in enumerate(cases)]
    for request, shared in zip(requests, ask(requests)):
        private = referee.X25519PrivateKey.from_private_bytes(request[1])
        assert private.exchange(referee.X25519PublicKey.from_public_bytes(request[2])) == shared


def test_any_bytes_are_a_public_key(ask):
    """Of the other half of them, which are on the twist, too, and with the highest bit."""
    rng = Rng(2)
    requests = [("agree", rng.bytes(32), rng.bytes(32)) for _ in range(depth(200))]
    for request, shared in zip(requests, ask(requests)):
        private = referee.X25519PrivateKey.from_private_bytes(request[1])
        assert private.exchange(referee.X25519PublicKey.from_public_bytes(request[2])) == shared


@pytest.mark.skipif(depth(100) < 10, reason="a thousand agreements: at depth 10")
@pytest.mark.skipif(vm_binary() is None, reason="no MicroPython VM for this machine")
def test_a_thousand_iterations(tmp_path):
    (found,) = on_vm([("iterate", (1000).to_bytes(2, "big"))], tmp_path / "requests")
    assert found.hex() == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"


# -- LM-OTS


def test_signatures(ask):
    rng = Rng(3)
    keys = [(rng.bytes(16), rng.bytes(4), rng.bytes(32)) for _ in range(depth(100))]
    signed = [(*key, rng.bytes(32), rng.bytes(rng.below(400))) for key in keys]
    publics = ask([("key", *key) for key in keys])
    signatures = ask([("sign", *one) for one in signed])
    for key, one, public, signature in zip(keys, signed, publics, signatures):
        theirs = private(key).publicKey()
        assert theirs.K == public
        assert theirs.verify(one[4], signature)
        assert not theirs.verify(one[4] + b"\x00", signature)


def private(key):
    kind = pyhsslms.lmots_sha256_n32_w4
    return pyhsslms.LmotsPrivateKey(key[0], key[1], key[2], kind)


def test_their_signatures_hold(ask):
    rng = Rng(4)
    requests = []
    for _ in range(depth(100)):
        key, message = (rng.bytes(16), rng.bytes(4), rng.bytes(32)), rng.bytes(rng.below(400))
        signature = private(key).sign(message)
        public = private(key).publicKey().K
        requests.append(("verify", *key[:2], public, signature, message))
        requests.append(("verify", *key[:2], public, signature, message + b"\x00"))
    assert ask(requests) == [b"\x01", b"\x00"] * (len(requests) // 2)


# -- HMAC and HKDF


def test_macs(ask):
    rng = Rng(5)
    requests = [
        ("mac", rng.bytes(rng.below(140)), rng.bytes(rng.below(300))) for _ in range(depth(1000))
    ]
    assert ask(requests) == [hmac.digest(key, text, "sha256") for _, key, text in requests]


def test_derivations(ask):
    rng = Rng(6)
    requests, want = [], []
    for _ in range(depth(500)):
        secret, salt, info = [rng.bytes(rng.below(90)) for _ in range(3)]
        count = rng.between(1, 200)
        requests.append(("derive", secret, salt, info, bytes((count,))))
        want.append(HKDF(SHA256(), count, salt, info).derive(secret))
    assert ask(requests) == want


# -- sound


def sounds():
    rng = Rng(7)
    ends = ((0, 0), (32767, -32768), (-32768, -32768), (1, -1))
    for low, high in ends:
        yield b"".join(one.to_bytes(2, "little", signed=True) for one in (low, high) * 200)
    for _ in range(depth(300)):
        wide = rng.choice((3, 300, 32767))
        samples = [rng.between(-wide, wide) for _ in range(2 * rng.between(1, 300))]
        yield b"".join(one.to_bytes(2, "little", signed=True) for one in samples)


def test_codes_of_sound(ask):
    given = list(sounds())
    for samples, codes in zip(given, ask([("sound", samples) for samples in given])):
        heard = second_decoder(codes)
        assert codes == second_encoder(samples)
        if max(abs(one) for one in numbers(samples)) <= 3:
            assert max(abs(a - b) for a, b in zip(heard, numbers(samples))) <= 5


def numbers(samples):
    return [
        int.from_bytes(samples[at : at + 2], "little", signed=True)
        for at in range(0, len(samples), 2)
    ]


@pytest.mark.filterwarnings("ignore:'audioop'")
def test_codes_of_sound_by_audioop(ask):
    audioop = pytest.importorskip("audioop", reason="gone from Python 3.13")
    given = list(sounds())
    for samples, codes in zip(given, ask([("sound", samples) for samples in given])):
        theirs, _ = audioop.lin2adpcm(samples, 2, None)  # the earlier sample in the high bits
        assert codes == bytes(byte >> 4 | byte << 4 & 0xF0 for byte in theirs)
        swapped = bytes(byte >> 4 | byte << 4 & 0xF0 for byte in codes)
        heard, _ = audioop.adpcm2lin(swapped, 2, None)
        assert numbers(heard) == second_decoder(codes)


# The table by its making: 7, 8, 9... each about a tenth more, as the IMA prints it.
STEPS = [
    *range(7, 15),
    *(16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118),
    *(130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658),
    *(724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749),
    *(3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442),
    *(11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767),
]
CHANGES = [-1, -1, -1, -1, 2, 4, 6, 8] * 2


def second_step(prediction, index, code):
    """One code as the text has it: (code + 1/2) quarters of the step, bit by bit, cut to 16."""
    step = STEPS[index]
    parts = [step >> 3]
    parts += [step >> shift for shift, bit in ((0, 4), (1, 2), (2, 1)) if code & bit]
    prediction += sum(parts) * (-1 if code & 8 else 1)
    prediction = min(max(prediction, -32768), 32767)
    return prediction, min(max(index + CHANGES[code], 0), 88)


def second_decoder(codes):
    prediction = index = 0
    heard = []
    for byte in codes:
        for code in (byte & 15, byte >> 4):
            prediction, index = second_step(prediction, index, code)
            heard.append(prediction)
    return heard


def second_encoder(samples):
    """Three comparisons, the text's flow chart."""
    prediction = index = 0
    codes = []
    for sample in numbers(samples):
        rest, code = abs(sample - prediction), 8 if sample < prediction else 0
        for shift in range(3):
            part = STEPS[index] >> shift
            if rest >= part:
                code |= 4 >> shift
                rest -= part
        prediction, index = second_step(prediction, index, code)
        codes.append(code)
    return bytes(codes[k] | codes[k + 1] << 4 for k in range(0, len(codes), 2))
