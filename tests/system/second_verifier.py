"""A second verifier of EV1, from docs/ev1.md alone: it shares no line with the kit.

verify(file, registry, key=, secrets=, class_key=) gives one dict for each recording: what the
kit says has to be the same. LM-OTS is pyhsslms's, the rest follows the page section by section.
Not for use at a desk: it explains nothing.
"""

import hmac
import json
import struct
from functools import lru_cache
from hashlib import sha256

import pyhsslms
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

FF = b"\xff"
NAMES = {1: "audio", 2: "place", 3: "log"}
SIZES = {4: (20,), 5: (9,), 6: (5,), 8: (3,), 9: (149,), 10: (9,), 0x7F: (21,)}
HOME = {1: "123", 2: "1", 3: "3", 4: "2", 5: "123", 6: "3", 7: "2", 8: "3", 9: "3", 10: "1"}
HOME[0x7F] = "123"


def H(*parts):
    return sha256(b"".join(parts)).digest()


def M(key, *parts):
    return hmac.digest(key, b"".join(parts), "sha256")


# -- reading a file --------------------------------------------------------------------------


def cut(file):
    at = 0x8000
    while file[at : at + 2] == b"\xaa\x50":
        offset, size = struct.unpack("<II", file[at + 4 : at + 12])
        if file[at + 12 : at + 28].strip(b"\0") == b"ev":
            file = file[offset : offset + size]
            break
        at += 32
    return [look(n, file[4096 * n : 4096 * n + 4096]) for n in range(-(-len(file) // 4096))]


def look(n, raw):
    one = {"n": n, "raw": raw, "kind": "unreadable", "hash": H(raw), "q": None}
    if raw == FF * 4096:
        one["kind"] = "blank"
    if len(raw) != 4096:
        return one
    copies = [raw[:256], raw[2048:2304]]
    good = [
        copy
        for copy in copies
        if copy[:4] == b"EVO1" and copy[108:224] == FF * 116 and H(copy[:224]) == copy[224:]
    ]
    (q,) = struct.unpack("<I", raw[4:8])
    if good:
        clean = raw[256:2048] + raw[2304:] == FF * 3584
        one.update(kind="opening", open=good[0], O=good[0][224:])
        one.update(
            q=struct.unpack("<I", good[0][16:20])[0], sound=clean and copies[0] == copies[1]
        )
    elif raw[:4] == b"EVS1" and raw[8] in NAMES and raw[9:12] == bytes(3):
        (m,) = struct.unpack("<I", raw[12:16])
        one.update(kind="segment", q=q, c=raw[8], m=m, link=raw[16:48])
    elif raw[:4] == b"EVSG":
        one.update(kind="seal", q=q, j=struct.unpack("<I", raw[8:12])[0])
    return one


def belong(sectors):
    """O, or q where no opening has it, for each sector that belongs anywhere."""
    opened = [s for s in sectors if s["kind"] == "opening"]
    home, near = {}, None
    for s in sectors:
        if s["kind"] == "unreadable":
            if b"EVO1" in (s["raw"][:4], s["raw"][2048:2052]):
                near = None
            if near is not None:
                home[s["n"]] = near
        elif s["kind"] != "blank":
            same = [o for o in opened if o["q"] == s["q"]]
            before = [o for o in same if o["n"] <= s["n"]]
            near = (before[-1] if before else same[0])["O"] if same else s["q"]
            home[s["n"]] = near
    return home


# -- steps 1 to 5 ----------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def signed(identifier, leaf, key, message, signature):
    kind = pyhsslms.lmots_sha256_n32_w4
    if signature[:4] != struct.pack(">I", 3):
        return False
    public = pyhsslms.LmotsPublicKey(identifier, struct.pack(">I", leaf), key, kind)
    return public.verify(message, signature)


def seals_of(state, sectors):
    key = state["device"]["seal_keys"][state["q"]] if state["q"] < 256 else None
    key = key and bytes.fromhex(key)
    valid = []
    while key:
        found = {}
        for s in sectors:
            statement, signature, rest = s["raw"][:144], s["raw"][144:2324], s["raw"][2324:]
            leaf = len(valid) << 8 | state["q"]
            if s["j"] != len(valid) or rest != FF * len(rest):
                continue
            message = b"EV1 seal\0" + state["O"] + statement
            if signed(state["open"][92:108], leaf, key, message, signature):
                found.setdefault(statement, s)
        if len(found) > 1:
            state["wrong"].append("two statements")
        if len(found) != 1:
            break
        ((statement, s),) = found.items()
        final = statement[12:16] == b"\1\0\0\0"
        if not final and statement[12:16] != bytes(4) or final != (statement[112:] == bytes(32)):
            state["wrong"].append("odd flags")
            break
        valid.append((s, statement))
        key = None if final else statement[112:]
    state["seals"] = valid
    state["final"] = bool(valid) and valid[-1][1][12:16] == b"\1\0\0\0"


def counts_of(state, c, found):
    """The count of each seal, and what hash each number has to have by the seals."""
    asked, counts = {}, []
    heads = {}
    for s in found:
        for count, value in ((s["m"] + 1, s["hash"]), (s["m"], s["link"])):
            if count:
                heads[H(b"EV1 head\0", bytes([c]), struct.pack("<I", count), value)] = count, value
    for _, statement in state["seals"]:
        count, value = heads.get(statement[32 * c - 16 : 32 * c + 16], (None, None))
        if count is not None:
            if any(count < other for other in counts if other is not None):
                state["wrong"].append("counts go down")
            if asked.setdefault(count - 1, value) != value:
                state["wrong"].append("seals differ")
        counts.append(count)
    return counts, asked


def backwards(state, c, found, asked):
    """The sealed segments: number to sector."""
    fixed = {}
    for m in range(max(asked, default=-1), -1, -1):
        for s in found:
            if s["m"] == m and s["hash"] == asked.get(m):
                fixed[m] = s
        if m in fixed:
            start = H(b"EV1 genesis\0", state["O"], bytes([c]))
            if m == 0:
                wanted = start
            else:
                wanted = asked.setdefault(m - 1, fixed[m]["link"])
            if wanted != fixed[m]["link"]:
                state["wrong"].append("a link goes elsewhere")
    return fixed


# -- steps 6 to 10 ---------------------------------------------------------------------------


def class_of(state, c, key, sectors):
    found = {s["hash"]: s for s in reversed(sectors) if s["c"] == c and s["m"] < 65536}
    found = sorted(found.values(), key=lambda s: s["n"])
    counts, asked = counts_of(state, c, found)
    fixed = backwards(state, c, found, asked)
    one = {"counts": counts, "fixed": set(fixed), "got": dict(fixed), "bad": {}, "missing": []}
    one.update(told=set(), close=None, loose=set(), after=False, true=set())
    last = max(fixed, default=-1)
    if key is None:
        for m in range(max(asked, default=-1) + 1):
            present = [s for s in found if s["m"] == m]
            if m not in fixed:
                if not present:
                    one["missing"].append(m)
                elif m in asked:
                    one["bad"][m] = present[0]["n"]
                else:
                    one["loose"].add(m)
        one["loose"] |= {s["m"] for s in found if s["m"] > max(asked, default=-1)}
    else:
        keys = ratchet(key, max((s["m"] for s in found), default=0))
        by_key(state, c, keys, one, found, asked, last)
        contents(state, c, keys, one)
    unmatched(state, one, key is not None)
    return one


def ratchet(key, upto):
    keys = [key]
    while len(keys) <= upto:
        keys.append(M(keys[-1], b"EV1 next\0"))
    return keys


def tag_holds(s, keys):
    key = M(keys[s["m"]], b"EV1 mac\0")
    return M(key, s["raw"][:4064]) == s["raw"][4064:]


def by_key(state, c, keys, one, found, asked, last):
    true = [s for s in found if tag_holds(s, keys)]
    one["true"] = {s["n"] for s in true}
    for m in sorted(one["fixed"]):
        if one["got"][m] not in true:
            state["wrong"].append("false tag on a sealed segment")
            one["bad"][m] = one["got"].pop(m)["n"]
    end = one["counts"][-1] if state["final"] else None
    inside = [s["m"] for s in true if end is None or s["m"] < end]
    top = max([*asked, *inside], default=-1)
    link = {}  # what the authentic segment above asks for
    for m in reversed(range(top + 1)):
        present = [s for s in found if s["m"] == m]
        good = [s for s in true if s["m"] == m]
        if m in one["fixed"]:
            if m in link and m in one["got"] and link[m] != one["got"][m]["hash"]:
                split(state, one, m + 1, present)
            continue
        if m in asked:
            good = []
        elif len(good) > 1 and m > last:
            split(state, one, m, present)
            continue
        if m in link:
            good = [s for s in good if s["hash"] == link[m]]
        if len(good) > 1:
            state["wrong"].append("two segments")
        if len(good) == 1:
            one["got"][m] = good[0]
            link[m - 1] = good[0]["link"]
            if m == 0 and link[-1] != H(b"EV1 genesis\0", state["O"], bytes([c])):
                state["wrong"].append("another beginning")
        elif present:
            one["bad"][m] = present[0]["n"]
        else:
            one["missing"].append(m)
    for s in reversed(true):
        if s["m"] > top:
            one["bad"][s["m"]] = s["n"]
    if end is None:
        before = one["got"][top]["hash"] if top in one["got"] else None
        if top < 0:
            before = H(b"EV1 genesis\0", state["O"], bytes([c]))
        for s in found:
            due = s["link"] == before or one["counts"][-1:] == [None]
            if s["m"] == top + 1 and due:
                one["bad"].setdefault(top + 1, s["n"])


def split(state, one, m, present):
    state["wrong"].append("a fork")
    above = [k for k in one["fixed"] if k > m]
    for k in [k for k in one["got"] if m <= k < min(above, default=1 << 32)]:
        one["bad"][k] = one["got"].pop(k)["n"]
    if m not in one["bad"]:
        one["bad"][m] = present[0]["n"]


def contents(state, c, keys, one):
    for m, s in sorted(one["got"].items()):
        key, start = M(keys[m], b"EV1 enc\0"), H(s["raw"][:48])[:16]
        cipher = Cipher(algorithms.AES(key), modes.CBC(start)).decryptor()
        plain = cipher.update(s["raw"][48:4064]) + cipher.finalize()
        if one["close"] is not None:
            state["wrong"].append("behind CLOSE")
        try:
            kinds = strict(plain, c, m)
        except (ValueError, struct.error, UnicodeDecodeError):
            state["wrong"].append("records")
            one["bad"][m] = one["got"].pop(m)["n"]
            continue
        events = [struct.unpack("<BI", value) for kind, value in kinds if kind == 6]
        one["told"] |= {value for kind, value in events if kind == 12}
        if kinds and kinds[-1][0] == 0x7F:
            one["close"] = struct.unpack("<I", kinds[-1][1][:4])[0]
    if one["close"] is not None and one["close"] != max(one["got"], default=-1) + 1:
        state["wrong"].append("CLOSE counts otherwise")


def strict(plain, c, m):
    """[(type, value)] of a segment, or ValueError."""
    kinds, at = [], 0
    while at < len(plain) and plain[at]:
        kind, size = struct.unpack("<BH", plain[at : at + 3])
        value = plain[at + 7 : at + 7 + size]
        expected = SIZES.get(kind, (len(value),))
        if kind == 1:
            expected = ((), (13,), (5,), (32,))[c]
        if len(value) != size or at + 7 > len(plain) or len(value) not in expected:
            raise ValueError
        if str(c) not in HOME.get(kind, "") or (kind == 1) != (m == 0 and not kinds):
            raise ValueError
        if kinds and kinds[-1][0] == 0x7F:
            raise ValueError
        sane(kind, value, c)
        kinds.append((kind, value))
        at += 7 + size
    if plain[at:].strip(b"\0") or m == 0 and not kinds:
        raise ValueError
    return kinds


def sane(kind, value, c):
    bad = False
    if kind == 1 and c == 1:
        bad = value[4] != 1 or value[5:7] == bytes(2)
    elif kind == 2:
        bad = len(value) < 8 or value[6] > 88 or value[7] != 0
    elif kind == 3:
        bad = len(value) != 6 + 6 * struct.unpack("<H", value[4:6])[0]
    elif kind == 4:
        lat, lon = struct.unpack("<ii", value[:8])
        bad = abs(lat) > 900000000 or abs(lon) > 1800000000
    elif kind == 5:
        bad = value[4] not in (1, 2, 3)
    elif kind == 7:
        bad = not value.decode("ascii").isprintable()
    if bad:
        raise ValueError


def unmatched(state, one, keyed):
    counts, got = one["counts"], one["got"]
    top = max(got, default=-1)
    closed = one["close"] is not None and keyed
    for j, count in enumerate(counts):
        if count is not None:
            continue
        low = max([n for n in counts[:j] if n is not None], default=0)
        high = next((n for n in counts[j:] if n is not None), None)
        seal, statement = state["seals"][j]
        final = statement[12:16] != bytes(4)
        harmed = [m for m in [*one["bad"], *one["missing"]] if m >= low]
        if high is not None:
            if all(m in one["fixed"] for m in range(low, high)):
                state["wrong"].append("seals contradict")
            continue
        behind = [m for m in got if m >= low and got[m]["n"] > seal["n"]]
        if keyed and (final and closed or not harmed and (closed or behind)):
            state["wrong"].append("a seal of something else")
        elif final:
            one["after"] |= not any(m > top for m in one["bad"])
        else:
            one["after"] |= not harmed


# -- all of one recording --------------------------------------------------------------------


def verify(file, registry, key=None, secrets=None, class_key=None):
    """registry, secrets, class_key: bytes of the files; key: bytes of the PEM."""
    registry = json.loads(registry)
    kept = {k: v for k, v in registry.items() if k not in ("signature", "stamp")}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    authority = bytes.fromhex(registry["association"]["signing_key"])
    try:
        signature = bytes.fromhex(registry["signature"])
        Ed25519PublicKey.from_public_bytes(authority).verify(signature, text.encode())
        trusted = True
    except InvalidSignature:
        trusted = False
    given = {
        "devices": {bytes.fromhex(one["devid"]): one for one in registry["devices"]},
        "trusted": trusted,
        "private": key and load_pem_private_key(key, None),
        "psk": secrets and json.loads(secrets)["devices"],
        "class_key": class_key and json.loads(class_key),
    }
    sectors = cut(file)
    home = belong(sectors)
    openings = {s["O"]: s["open"] for s in reversed(sectors) if s["kind"] == "opening"}
    order = sorted(set(home.values()), key=lambda o: min(n for n in home if home[n] == o))
    states = [begin(o, openings.get(o), sectors, given) for o in order]
    counting = [{s["n"] for s in counted(state)} for state in states]
    for k, state in enumerate(states):
        others = set().union(*counting[:k], *counting[k + 1 :])
        if state["classes"]:
            leftover(state, sectors, home, others)
    return [conclude(state) for state in states]


def begin(o, opening, sectors, given):
    state = {"O": o, "open": opening, "wrong": [], "seals": [], "final": False, "classes": {}}
    state.update(q=o if opening is None else struct.unpack("<I", opening[16:20])[0], keyed=False)
    state["sectors"] = [s for s in sectors if s["q"] == state["q"]]
    for name in ("repeated", "failed", "unfinished", "unreadable", "foreign", "displaced"):
        state[name] = set()
    state["opening"] = False
    if opening is None:
        state["wrong"].append("no opening")
        return state
    device = state["device"] = given["devices"].get(opening[8:16])
    if not given["trusted"] or opening[4:6] != b"\1\1" or device is None:
        state["wrong"].append("registry, version or device")
    if device is None or opening[4:6] != b"\1\1":
        return state
    public = bytes.fromhex(device["agreement_key"])
    if opening[92:108].hex() != device["identifier"] or opening[52:60] != H(public)[:8]:
        state["wrong"].append("identifier or key")
        return state
    if state["q"] == 0xFFFFFFFF:
        state["wrong"].append("no slot")
    keys = keys_of(state, given, public)
    segments = [s for s in state["sectors"] if s["kind"] == "segment"]
    seals_of(state, [s for s in state["sectors"] if s["kind"] == "seal"])
    state["keyed"] = bool(keys)
    if keys is None:
        keys = dict.fromkeys({s["c"] for s in segments})
    for c, value in keys.items():
        state["classes"][c] = class_of(state, c, value, segments)
    if not any(one["got"] for one in state["classes"].values()):
        state["wrong"].append("nothing authentic")
    return state


def keys_of(state, given, public):
    devid, q = state["open"][8:16].hex(), state["q"]
    if given["class_key"]:
        one = given["class_key"]
        if (one["devid"], one["q"]) != (devid, q):
            return None
        return {one["class"]: bytes.fromhex(one["key"])}
    if not given["private"]:
        return None
    if given["private"].public_key().public_bytes_raw() != public:
        state["wrong"].append("key of somebody else")
        return {}
    if q == 0xFFFFFFFF:
        psk = bytes(32)
    elif devid not in given["psk"] or q >= 65536:
        state["wrong"].append("no secret")
        return {}
    else:
        psk = bytes.fromhex(given["psk"][devid]["psk_0"])
        for _ in range(q):
            psk = M(psk, b"EV1 psk next\0")
    ephemeral = state["open"][20:52]
    try:
        shared = given["private"].exchange(X25519PublicKey.from_public_bytes(ephemeral))
    except ValueError:
        state["wrong"].append("Z is zero")
        return {}
    agreed = M(H(b"EV1 salt\0", ephemeral, public), shared)
    key = M(M(psk, agreed), b"EV1 rec\0", state["O"])
    return {c: M(key, b"EV1 class\0", bytes([c])) for c in NAMES}


def counted(state):
    used = [s for one in state["classes"].values() for s in one["got"].values()]
    used += [s for s, _ in state["seals"]]
    own = [s for s in state["sectors"] if s["kind"] == "opening" and s["O"] == state["O"]]
    own.sort(key=lambda s: not s["sound"])
    return used + own[:1]


def leftover(state, sectors, home, others):
    used = {s["n"]: s for s in counted(state)}
    mine = [s for s in sectors if home.get(s["n"]) == state["O"]]
    end = state["seals"][-1][0]["n"] if state["final"] else 1 << 40
    rest = []
    for s in mine:
        one = state["classes"].get(s.get("c"))
        skip = s["n"] in used or s["n"] in others
        skip |= s["kind"] == "unreadable" and s["n"] > end
        skip |= s["kind"] == "segment" and (one is None or s["m"] in one["loose"])
        if skip:
            continue
        if s["hash"] in {u["hash"] for u in used.values()}:
            state["repeated"].add(s["n"])
        else:
            rest.append(s)
    stands = dict(used)
    told = set().union(*[one["told"] for one in state["classes"].values()])
    for s in rest[::-1]:
        after = stands.get(s["n"] + 1)
        if after and len(s["raw"]) == 4096 and s["raw"] != after["raw"]:
            superset = all(a & b == b for a, b in zip(s["raw"], after["raw"]))
            if superset or int.from_bytes(s["hash"][:4], "little") in told:
                stands[s["n"]] = after
                state["failed"].add(s["n"])
                rest.remove(s)
    if rest and not state["final"] and rest[-1]["n"] == mine[-1]["n"]:
        s = rest[-1]
        one = state["classes"].get(s.get("c"))
        above = one and s["m"] > max([*one["got"], *one["fixed"]], default=-1)
        above = above and s["n"] not in one["true"]
        due = s["kind"] == "seal" and s["j"] == len(state["seals"])
        if s["kind"] == "unreadable" or due or above:
            state["unfinished"].add(s["n"])
            if above:
                one["bad"].pop(s["m"], None)
            rest.pop()
    bad = {n for one in state["classes"].values() for n in one["bad"].values()}
    for s in rest:
        if s["kind"] == "seal":
            state["wrong"].append("bad seal")
        elif s["kind"] == "unreadable":
            state["unreadable"].add(s["n"])
        elif s["n"] not in bad:
            state["foreign"].add(s["n"])
    places(state, sectors, home, used)


def places(state, sectors, home, used):
    (first,) = [s for s in used.values() if s["kind"] == "opening"]
    state["opening"] = not first["sound"]
    walls = [s["n"] for s in sectors if s["kind"] == "opening" and s["O"] != state["O"]]
    low = first["n"] - 1 if walls and min(walls) < first["n"] else -1
    high = min([n for n in walls if n > first["n"]], default=len(sectors))
    inside = [n for n in used if low < n < high]
    for s in sectors[min(inside) : max(inside)]:
        if s["kind"] == "unreadable" and s["n"] not in home:
            state["unreadable"].add(s["n"])
        if s["kind"] in ("segment", "seal") and home[s["n"]] != state["O"]:
            state["foreign"].add(s["n"])
    twice = {sectors[n]["hash"] for n in state["repeated"]}
    line = [used[n] for n in sorted(used) if used[n]["hash"] not in twice]
    kinds = "".join(s["kind"][2] for s in line)  # e of opening, g of segment, a of seal
    shown = kinds == "e" * kinds.count("e") + "g" * kinds.count("g") + "a" * kinds.count("a")
    shown &= len({s["c"] for s in line if s["kind"] == "segment"}) == 1
    home_line = [s for s in line if low < s["n"] < high]
    for s in line:
        before = [one for one in home_line if one["n"] < s["n"]]
        if s not in home_line or any(must(state, s, one, shown) for one in before):
            state["displaced"].add(s["n"])


def must(state, s, before, shown):
    """Whether s has to precede what stands before it."""
    kinds = s["kind"], before["kind"]
    if kinds[0] == "opening":
        return True
    if kinds == ("segment", "segment"):
        return s["c"] == before["c"] and s["m"] < before["m"]
    if kinds == ("seal", "seal"):
        return s["j"] < before["j"]
    if kinds == ("segment", "seal"):
        count = state["classes"][s["c"]]["counts"][before["j"]]
        return count is not None and s["m"] < count
    if kinds == ("seal", "segment"):
        count = state["classes"][before["c"]]["counts"][s["j"]]
        return not shown and count is not None and before["m"] >= count
    return False


def conclude(state):
    classes = state["classes"]
    harmed = any(one["bad"] or one["missing"] or one["after"] for one in classes.values())
    for name in ("unreadable", "foreign", "repeated", "displaced", "opening"):
        harmed |= bool(state[name])
    complete = state["keyed"] and state["final"]
    for one in classes.values():
        complete = complete and one["close"] is not None and one["counts"][-1] == one["close"]
    if state["wrong"] or not state["seals"] and not state["keyed"]:
        grade = "D"
    elif not state["seals"]:
        grade = "B0"
    else:
        grade = "C" if harmed else "A" if complete else "B"
    found = {name: state[name] for name in ("unreadable", "foreign", "repeated", "displaced")}
    found |= {name: state[name] for name in ("failed", "unfinished", "opening")}
    return found | {
        "q": state["q"],
        "grade": grade,
        "why": state["wrong"],
        "seals": len(state["seals"]),
        "bad": {(NAMES[c], m) for c, one in classes.items() for m in one["bad"]},
        "missing": {(NAMES[c], m) for c, one in classes.items() for m in one["missing"]},
        "after": {NAMES[c] for c, one in classes.items() if one["after"]},
        "got": {NAMES[c]: sorted(one["got"]) for c, one in classes.items()},
        "sealed": {NAMES[c]: sorted(one["fixed"]) for c, one in classes.items()},
    }
