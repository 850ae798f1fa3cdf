"""Keys that are born on the device, taken into the registry and compared with what it holds.

Separate because these steps alone handle keys. The private key of the hand-over and psk_0 are
drawn here; the seeds of the seals never leave the device. docs/ev1.md, "Hand-over". Imports
cryptography.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kit import collect, provision, registry, service
from kit.command import Unusable
from kit.link import Refused, get, put
from kit.work import Unfinished, Work

_HANDOVER, _DESK = "handover.json", "desk.json"
_POLL_S = 1.0
_BIRTHS_MAX = 3


def begin(work: Work) -> None:
    """Refuse a device that still has something of an earlier hand-over."""
    devid = work.info.devid
    if devid is not None and (devid in work.desk.folder.devices() or not work.desk.asked()):
        raise Unusable(
            f"the device was handed over as {devid.hex()}: collect its recordings and erase it "
            "first (kit wipe)"
        )
    stated = collect.state(work.link, "ev", work.talk.told)
    if stated is not None and stated.sha256 != collect.blank(stated.sectors):
        raise Unusable("recordings of an earlier hand-over are on it: collect them, then kit wipe")
    work.state["evidence"] = stated is not None
    work.state["board"] = work.info.board


def draw(work: Work) -> None:
    """The secrets of this hand-over, and the key pair whose loss is its erasure."""
    if not work.evidence:
        work.state["devid"] = os.urandom(8).hex()
        return
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = work.desk.keys() / (sha256(public).hexdigest()[:16] + ".pem")
    provision.write(path, pem, secret=True)
    work.state["key"] = path.name
    work.state["agreement_key"] = public.hex()
    work.state["psk_0"] = os.urandom(32).hex()


def key_path(work: Work) -> Path:
    return work.desk.keys() / str(work.state["key"])


def born(work: Work) -> None:
    """Let the device draw its keys while it is shaken, and take its answer.

    What an earlier call asked for is asked for anew: keys that were born meanwhile may be of the
    device of another hand-over, and nothing was made with them.
    """
    if not work.evidence:
        work.info = service.restarted(work.link)
        return
    for _ in range(_BIRTHS_MAX):
        _ask(work)
        work.talk.shake(work.link)
        answer = _await(work)
        child = provision.parse_handover(answer)
        if not child.radio_entropy:
            raise Unfinished("birth", "the device's radio gave no randomness: do not hand it over")
        shaken = json.loads(answer).get("shaken") == 1
        if shaken or work.skipped("shake") or not work.settle("shake", "it was not shaken"):
            break
    else:
        raise Unfinished("shake", f"it was not shaken, {_BIRTHS_MAX} times")
    work.state["devid"] = child.devid.hex()
    work.state["shaken"] = shaken


def _ask(work: Work) -> None:
    desk = {
        "format": 1,
        "agreement_key": work.state["agreement_key"],
        "psk_0": work.state["psk_0"],
        "entropy": os.urandom(32).hex(),
    }
    work.state["asked"] = True
    work.save()
    with suppress(Refused):
        work.link.ask("remove", name=_HANDOVER)
    put(work.link, _DESK, json.dumps(desk, separators=(",", ":")).encode())
    work.info = service.restarted(work.link)


def _await(work: Work) -> bytes:
    ends_s = time.monotonic() + work.patience.shake_s
    while True:
        with suppress(Refused):
            answer = get(work.link, _HANDOVER)
            if answer is not None:
                return answer
        if time.monotonic() > ends_s:
            raise Unfinished("birth", "the device has not made its keys: do this again")
        work.link.event("ready", within_s=_POLL_S)


def register(work: Work, name: str) -> None:
    """Into secrets.json, then into the registry, signed anew; psk_0 leaves the state."""
    if not work.evidence:
        return
    child = provision.parse_handover(_answer(work))
    if child.devid != work.devid:
        raise Unusable(f"this is device {child.devid.hex()}, not {work.state['devid']}")
    with work.desk.alone():
        folder = work.desk.folder
        if not folder.registry.exists() and not name:
            raise Unusable("--name is required for a new registry: what the association is called")
        state = work.state
        provision.register(
            folder, child, state["psk_0"], state["agreement_key"], name, work.info.firmware or None
        )
    work.state.pop("psk_0")


def read_back(work: Work) -> None:
    """The 256 keys once more from the device, against those in the registry as it lies there."""
    if not work.evidence:
        return
    known = registry.read(work.desk.folder.registry)
    device = known.devices.get(work.devid)
    if not known.signed or device is None:
        raise Unusable(f"{work.desk.folder.registry}: {work.state['devid']} is not in it, signed")
    answer = get(work.link, _HANDOVER)
    if answer is None and "compared" in work.state:
        return
    child = provision.parse_handover(answer or b"")
    info = work.info = service.info(work.link)
    same = [key.hex() for key in device.seal_keys] == child.seal_keys
    same = same and (child.devid, child.identifier) == (device.devid, device.identifier)
    if not same or info.devid != device.devid:
        raise Unusable("the keys on the device are not those in the registry: do not hand it over")
    if device.agreement_key.hex() != work.state["agreement_key"]:
        raise Unusable("the registry has another agreement key for it: do not hand it over")
    work.state["compared"] = len(child.seal_keys)
    work.save()
    work.link.ask("remove", name=_HANDOVER)


def _answer(work: Work) -> bytes:
    answer = get(work.link, _HANDOVER)
    if answer is None:
        raise Unfinished("birth", "the device has no answer any more: wipe it and begin anew")
    return answer


def give_service_key(work: Work) -> None:
    """So that the desk gets at the device in the field; shown to work before it is needed."""
    secret = work.desk.service_secret(make=True)
    assert secret is not None
    key = service.service_key(secret, work.devid)
    work.link.ask("service", key=key.hex(), devid=work.state["devid"])
    if service.unlock(work.link, work.desk.key_of) != work.devid:
        raise Unusable("the device names another number for its service key: do not hand it over")
