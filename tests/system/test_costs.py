"""What computing costs on a board is charged, the same on both hosts, and only to who computes."""

import pytest

from simulator import costs
from simulator.board import BoardModel, BoardOptions
from simulator.host import KINDS, make_host
from simulator.scenario import parse
from simulator.stage import ROOT
from simulator.world import World
from tools.require_vm import vm_binary

HOSTS = [kind for kind in KINDS if kind == "cpython" or vm_binary() is not None]
PROGRAM = """
import time
import aes_cbc, lmots, x25519

def took(work):
    start = time.ticks_ms()
    slices = most = 0
    last = start
    for _ in work:
        slices += 1
        now = time.ticks_ms()
        most = max(most, time.ticks_diff(now, last))
        last = now
    return time.ticks_diff(time.ticks_ms(), start), slices, most

secret, key, signature = bytes(range(32)), bytearray(32), bytearray(lmots.SIGNATURE_BYTES)
print("base", *took(x25519.public_key(secret, key)), bytes(key[:4]))
print("agree", *took(x25519.agree(secret, b"\\x09" + bytes(31), key)), bytes(key[:4]))
print("key", *took(lmots.public_key(bytes(16), 1, secret, key)), bytes(key[:4]))
total = 0
for number in range(20):
    parts = (bytes([number]),)
    ms, slices, most = took(lmots.sign(bytes(16), 1, secret, secret, parts, signature))
    total += ms
print("sign", total // 20, slices, most, bytes(signature[100:104]))
start = time.ticks_ms()
for _ in range(10):
    page = bytearray(4016)
    aes_cbc.encrypt(bytes(32), bytes(16), page)
print("segment", time.ticks_diff(time.ticks_ms(), start), bytes(page[:4]))
# A generator that is closed closes the true one; its value is passed on.
work = x25519.agree(secret, b"\\x09" + bytes(31), key)
next(work)
start = time.ticks_ms()
work.close()
print("closed", time.ticks_diff(time.ticks_ms(), start))
try:
    next(work)
except StopIteration:
    print("over")
def value(work):
    return (yield from work)
for public in (b"\\x09" + bytes(31), bytes(32)):
    work = value(x25519.agree(secret, public, key))
    while True:
        try:
            next(work)
        except StopIteration as end:
            print("value", end.value)
            break
try:
    lmots.sign(bytes(16), 1, secret, secret, (), bytearray(3))
except ValueError as error:
    print(error.args[0])
print(lmots.KEY_BYTES, aes_cbc.BLOCK, x25519.BYTES)
"""


def said(folder, host, **options):
    """Lines of the program, by their first word."""
    for name in ("firmware", "lib"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    (folder / "main.py").write_text(PROGRAM)
    board = BoardModel(World(1, 0), "t_a7670x_s3", ROOT, BoardOptions(**options))
    run = make_host(host, board, folder)
    run.run(60_000)
    assert not run.exceptions, run.exceptions
    return "".join(run.console)


@pytest.mark.parametrize("host", HOSTS)
def test_each_takes_its_time(host, tmp_path):
    lines = {line.split()[0]: line.split() for line in said(tmp_path, host).splitlines()}
    assert abs(int(lines["base"][1]) - costs.AGREEMENT_MS) <= 1
    assert abs(int(lines["agree"][1]) - costs.AGREEMENT_MS) <= 1
    whole = costs.SEAL_KEY_MS + costs.SEAL_KEY_WIPING_MS
    assert abs(int(lines["key"][1]) - whole) <= 1
    whole = costs.SIGNATURE_MS + costs.SIGNATURE_WIPING_MS
    assert abs(int(lines["sign"][1]) - whole) <= 4
    assert abs(int(lines["segment"][1]) - 10 * costs.SEGMENT_MS) <= 1
    assert lines["closed"][1] == "0" and "over" in lines
    # No slice is longer than a step may be.
    assert all(int(lines[name][3]) <= 50 for name in ("base", "agree", "key", "sign"))


def test_both_hosts_say_the_same(tmp_path):
    if len(HOSTS) < 2:
        pytest.skip("no MicroPython VM for this machine")
    first, second = [said(tmp_path, host) for host in HOSTS]
    assert first == second and "value True" in first and "value False" in first
    assert "2180 and 32 bytes" in first and first.endswith("32 16 32\n")


@pytest.mark.parametrize("host", HOSTS)
def test_switched_off_nothing_takes_time(host, tmp_path):
    lines = [line.split() for line in said(tmp_path, host, costs=False).splitlines()]
    assert [line[1] for line in lines[:5]] == ["0"] * 5


def test_a_scenario_switches_them():
    text = "name: x\nduration: 1s\n"
    assert parse(text, "x", ROOT).costs and not parse(text, "x", ROOT, ("cpu.costs=off",)).costs
    assert parse(text, "x", ROOT, ("cpu.step_cost_ms=5",)).costs
    assert parse(text, "x", ROOT, ("cpu.costs=on",)).step_cost_ms == 2
