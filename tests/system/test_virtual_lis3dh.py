"""The virtual chip against the tables of DocID17530, DocID025056, AN3308 and AN5005."""

import math

import pytest

from simulator.devices.lis3dh import Chip

# Datasheet table "Register address map": address, value after power-on
RESET = {
    0x0F: 0x33, 0x1E: 0x10, 0x1F: 0x00, 0x20: 0x07, 0x21: 0x00, 0x22: 0x00, 0x23: 0x00,
    0x24: 0x00, 0x25: 0x00, 0x26: 0x00, 0x27: 0x00, 0x2E: 0x00, 0x2F: 0x20, 0x30: 0x00,
    0x32: 0x00, 0x33: 0x00, 0x34: 0x00, 0x36: 0x00, 0x37: 0x00, 0x38: 0x00, 0x3A: 0x00,
    0x3B: 0x00, 0x3C: 0x00, 0x3D: 0x00, 0x3E: 0x00, 0x3F: 0x00,
}  # fmt: skip
BITS = {
    0x1E: 0x90, 0x1F: 0xC0, 0x20: 0xFF, 0x21: 0xFF, 0x22: 0xFE, 0x23: 0xFF, 0x25: 0xFA,
    0x2E: 0xFF, 0x30: 0xFF, 0x32: 0x7F, 0x33: 0x7F, 0x34: 0xFF, 0x36: 0x7F, 0x37: 0x7F,
    0x38: 0x3F, 0x3A: 0xFF, 0x3B: 0x7F, 0x3C: 0xFF, 0x3D: 0xFF, 0x3E: 0x7F, 0x3F: 0xFF,
}  # fmt: skip
MODELS = ("lis3dh", "lis2dh12")


def chip(registers, model="lis3dh"):
    """A chip with these registers, past its turn-on time with nothing felt."""
    made = Chip(model)
    for address, value in registers.items():
        made.write(address, bytes((value,)))
    for _ in range(7):
        made.tick(0, 0, 0)
    made.read(0xA8, 6)
    made.read(0x26)
    while not made.read(0x2F)[0] & 0x20:
        made.read(0xA8, 6)
    return made


def signed(data):
    return [int.from_bytes(data[i : i + 2], "little", signed=True) for i in range(0, len(data), 2)]


def axes(made):
    return signed(made.read(0xA8, 6))


# -- registers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_registers_after_power_on(model):
    made = Chip(model)
    assert {address: made.read(address)[0] for address in RESET} == RESET
    assert made.rate_hz == 0 and made.int1 == 0


@pytest.mark.parametrize("model", MODELS)
def test_bits_that_can_be_set(model):
    for address, mask in BITS.items():
        made = Chip(model)
        made.write(address, b"\xff")
        if (model, address) == ("lis2dh12", 0x22):
            mask &= ~0x08  # I1_321DA is of the LIS3DH's auxiliary inputs
        assert made.read(address)[0] == mask, hex(address)
        assert (address in made.misused) == (mask != 0xFF), hex(address)


@pytest.mark.parametrize("address", (0x0F, 0x27, 0x28, 0x2D, 0x2F, 0x31, 0x35, 0x39))
def test_read_only_registers_stay(address):
    made = Chip()
    before = made.read(address)
    made.write(address, b"\x5a")
    assert made.read(address) == before and not made.misused


@pytest.mark.parametrize(
    "model,address", [(m, a) for m in MODELS for a in (0, 6, 0x10, 0x1D, 0x40)]
)
def test_reserved_registers_are_not_for_writing(model, address):
    made = Chip(model)
    made.write(address, b"\x01")
    assert made.misused == {address} and made.read(address) == b"\0"


def test_only_the_lis3dh_has_auxiliary_inputs():
    for address in (0x07, 0x08, 0x0E):
        for model, misused in (("lis3dh", set()), ("lis2dh12", {address})):
            made = Chip(model)
            made.write(address, b"\x01")
            assert made.misused == misused


def test_boot_clears_itself():
    made = Chip()
    made.write(0x24, b"\xc8")
    assert made.read(0x24) == b"\xc8"
    made.booted()
    assert made.read(0x24) == b"\x48"


def test_power_loss_forgets_all():
    made = chip({0x20: 0x57, 0x23: 0x88, 0x24: 0x48, 0x2E: 0x93})
    made.tick(1000, 0, 0)
    made.power_on()
    assert {address: made.read(address)[0] for address in RESET} == RESET
    assert made.rate_hz == 0 and axes(made) == [0, 0, 0]


def test_sub_address_counts_up_by_its_bit_7_only():
    made = Chip()
    made.write(0xA0, b"\x57\x00\x04\x88")
    assert made.read(0xA0, 4) == b"\x57\x00\x04\x88"
    assert made.read(0x20, 4) == b"\x57" * 4
    made.write(0x32, b"\x01\x02\x03")
    assert made.read(0x32) == b"\x03" and made.read(0x33) == b"\0"
    assert made.read(0xAD, 3) == b"\0\0\x20"  # the FIFO is off: on to its registers


# -- rates and scales ----------------------------------------------------------------------------

RATES = (0, 1, 10, 25, 50, 100, 200, 400)


@pytest.mark.parametrize("code", range(8))
def test_output_data_rates(code):
    for low_power in (0, 8):
        made = Chip()
        made.write(0x20, bytes((code << 4 | low_power | 7,)))
        assert made.rate_hz == RATES[code]


def test_rates_of_their_modes():
    for value, rate_hz in ((0x97, 1344), (0x9F, 5376), (0x8F, 1620), (0x87, 0), (0xA7, 0)):
        made = Chip()
        made.write(0x20, bytes((value,)))
        assert made.rate_hz == rate_hz, hex(value)


# mode -> CTRL_REG1, CTRL_REG4, bits, mg per digit at +-2, 4, 8, 16 g
SCALES = (
    ("low power", 0x5F, 0x00, 8, (16, 32, 64, 192)),
    ("normal", 0x57, 0x00, 10, (4, 8, 16, 48)),
    ("high resolution", 0x57, 0x08, 12, (1, 2, 4, 12)),
)


@pytest.mark.parametrize("name,ctrl1,ctrl4,bits,digits", SCALES, ids=[row[0] for row in SCALES])
def test_sensitivity(name, ctrl1, ctrl4, bits, digits):
    for scale, mg in enumerate(digits):
        made = chip({0x20: ctrl1, 0x23: ctrl4 | scale << 4})
        made.tick(mg * 10, -mg * 3, mg * 7 + mg * 0.4)
        assert axes(made) == [n << 16 - bits for n in (10, -3, 7)], scale
        made.tick(1e6, -1e6, 0)
        top = 1 << bits - 1
        assert axes(made) == [top - 1 << 16 - bits, -top << 16 - bits, 0], scale


def test_big_endian_and_axes_that_are_off():
    made = chip({0x20: 0x57, 0x23: 0x48})
    made.tick(350, 0, 0)
    assert made.read(0xA8, 2) == b"\x15\xe0"
    made = chip({0x20: 0x55})
    made.tick(400, 400, 400)
    assert axes(made) == [100 << 6, 0, 100 << 6]


def test_example_values():
    """AN3308 table "Output data registers content vs. acceleration", +-2 g, high resolution."""
    made = chip({0x20: 0x57, 0x23: 0x08})
    for mg, low, high in ((0, 0x00, 0x00), (350, 0xE0, 0x15), (-350, 0x20, 0xEA)):
        made.tick(mg, 0, 0)
        assert made.read(0xA8, 2) == bytes((low, high))


@pytest.mark.parametrize(
    "ctrl1,ctrl4,samples", ((0x57, 0x08, 7), (0x57, 0x00, 1), (0x5F, 0x00, 1))
)
def test_turn_on_time(ctrl1, ctrl4, samples):
    made = Chip()
    made.write(0x23, bytes((ctrl4,)))
    made.write(0x20, bytes((ctrl1,)))
    for n in range(1, 9):
        made.tick(0, 0, 1024)
        assert (axes(made)[2] == 1024 * 16) == (n >= samples), n


# -- status, BDU ---------------------------------------------------------------------------------


def test_status_tells_new_and_overwritten_data():
    made = chip({0x20: 0x57})
    assert made.read(0x27) == b"\0"
    made.tick(1, 1, 1)
    assert made.read(0x27) == b"\x0f"
    made.read(0x28)
    assert made.read(0x27) == b"\x0f"  # the high part counts
    made.read(0x29)
    assert made.read(0x27) == b"\x06"
    made.tick(1, 1, 1)
    assert made.read(0x27) == b"\x6f"
    made.tick(1, 1, 1)
    assert made.read(0x27) == b"\xff"
    axes(made)
    assert made.read(0x27) == b"\0"


def test_block_data_update_keeps_halves_together():
    for bdu, high in ((0x80, 0x10), (0x00, 0x20)):
        made = chip({0x20: 0x57, 0x23: 0x08 | bdu})
        made.tick(257, 257, 257)
        assert made.read(0x28) == b"\x10"
        made.tick(512, 513, 514)
        assert made.read(0x29) == bytes((high,))
        made.tick(512, 513, 514)
        assert axes(made) == [512 << 4, 513 << 4, 514 << 4]


# -- FIFO ----------------------------------------------------------------------------------------

STREAM = {0x20: 0x57, 0x23: 0x00, 0x24: 0x40, 0x2E: 0x80 | 9}


def source(made):
    value = made.read(0x2F)[0]
    return value >> 7, value >> 6 & 1, value >> 5 & 1, value & 31  # WTM OVRN EMPTY FSS


def test_fifo_source_as_it_fills():
    """AN3308 table "FIFO_SRC_REG behaviour", FTH = 9."""
    made = chip(STREAM)
    for count in range(40):
        held = min(count, 32)
        assert source(made) == (held > 9, held == 32, held == 0, min(held, 31)), count
        made.tick(4 * count, 0, 0)


def test_stream_overwrites_the_oldest():
    made = chip(STREAM)
    for n in range(40):
        made.tick(4 * n, 0, 0)
    values = signed(made.read(0xA8, 32 * 6))
    assert [x >> 6 for x in values[::3]] == list(range(8, 40))
    assert source(made) == (0, 0, 1, 0)


def test_reading_frees_slots_and_past_the_end_repeats():
    made = chip(STREAM)
    for n in range(12):
        made.tick(4 * n, 0, 0)
    assert [x >> 6 for x in signed(made.read(0xA8, 18))[::3]] == [0, 1, 2]
    assert source(made) == (0, 0, 0, 9)
    assert made.read(0x28, 2) == b"\xc0\xc0"  # no auto-increment: the same half again
    assert source(made)[3] == 9
    values = signed(made.read(0xA8, 12 * 6))[::3]
    assert [x >> 6 for x in values] == [*range(3, 12), 11, 11, 11]


def test_burst_wraps_in_any_pieces():
    """2Dh goes on at 28h: a burst of odd length, or from another register, finds its way."""
    for cut in range(1, 18):
        made = chip(STREAM)
        for n in range(3):
            made.tick(4 * n + 4, 400, -400)
        whole = b"".join((n << 6).to_bytes(2, "little") + b"\x00\x19\x00\xe7" for n in (1, 2, 3))
        start = 0xA8 + cut % 6
        assert made.read(0xA8, cut) + made.read(start, 18 - cut) == whole, cut


def test_fifo_mode_stops_when_full_until_bypass():
    made = chip({**STREAM, 0x2E: 0x40})
    for n in range(40):
        made.tick(4 * n, 0, 0)
    assert axes(made)[0] == 0
    made.write(0x2E, b"\x00")
    assert source(made) == (0, 0, 1, 0)
    made.write(0x2E, b"\x40")
    made.tick(44, 0, 0)
    assert axes(made)[0] >> 6 == 11


def test_stream_to_fifo_keeps_what_was_before_the_interrupt():
    made = chip({**STREAM, 0x2E: 0xC0, 0x22: 0x40, 0x24: 0x48, 0x30: 0x02, 0x32: 0x40})
    for n in range(50):
        made.tick(4 * n, 0, 0)
    for _ in range(50):
        made.tick(1600, 0, 0)
    kept = [x >> 6 for x in signed(made.read(0xA8, 32 * 6))[::3]]
    assert kept == [*range(18, 50)], kept


def test_fifo_keeps_ten_bits():
    made = chip({**STREAM, 0x23: 0x28})
    made.tick(8 * 4, 9 * 4, -1 * 4)
    assert axes(made) == [8 << 4, 8 << 4, -4 << 4]


def test_fifo_enabled_but_in_bypass_is_off():
    made = chip({**STREAM, 0x2E: 0x00})
    made.tick(40, 0, 0)
    made.tick(44, 0, 0)
    assert source(made) == (0, 0, 1, 0) and axes(made)[0] >> 6 == 11


# -- self-test -----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("bits,sign", ((0x02, 1), (0x04, -1)))
def test_self_test_moves_within_the_datasheet(model, bits, sign):
    made = chip({0x20: 0x57, 0x23: 0x80}, model)
    made.tick(40, -80, 1000)
    before = axes(made)
    made.write(0x23, bytes((0x80 | bits,)))
    for _ in range(9):
        made.tick(40, -80, 1000)
    moved = [(b - a) // 64 * sign for a, b in zip(before, axes(made))]
    assert all(17 <= digits <= 360 for digits in moved), moved
    made.write(0x23, b"\x80")
    for _ in range(9):
        made.tick(40, -80, 1000)
    assert axes(made) == before


def test_self_test_settles_slowly_in_high_resolution():
    made = chip({0x20: 0x57, 0x23: 0x88})
    made.write(0x23, b"\x8a")
    seen = []
    for _ in range(8):
        made.tick(0, 0, 0)
        seen.append(axes(made)[2])
    assert seen[0] < seen[3] < seen[6] == seen[7] == 800 << 4


def test_a_broken_element_does_not_move():
    made = Chip()
    made.self_test_mg = (0, 0, 0)
    made.write(0x20, b"\x57")
    made.write(0x23, b"\x02")
    made.tick(100, 0, 0)
    assert axes(made) == [25 << 6, 0, 0]


# -- high-pass filter ----------------------------------------------------------------------------


@pytest.mark.parametrize("code,hpc", tuple(enumerate((8, 16, 32, 64))))
def test_high_pass_corner(code, hpc):
    """AN3308: f = ln(1 - 1/HPc) * ODR / 2 pi; at it the output is 3 dB down, steady state gone."""
    corner = -math.log(1 - 1 / hpc) / (2 * math.pi)
    made = chip({0x20: 0x57, 0x21: 0x08 | code << 4, 0x23: 0x08})
    wave = [1000 * math.sin(2 * math.pi * corner * n) for n in range(int(40 / corner))]
    out = []
    for value in wave:
        made.tick(value + 500, 0, 0)
        out.append(axes(made)[0] / 16)
    peak = max(out[len(out) // 2 :])
    assert 640 < peak < 770, peak
    for _ in range(12 * hpc):
        made.tick(500, 0, 0)
    assert abs(axes(made)[0]) <= 16


def test_reading_reference_takes_the_present_as_rest():
    made = chip({0x20: 0x57, 0x21: 0x38, 0x23: 0x08})
    made.tick(0, 0, 1000)
    assert axes(made)[2] == 1000 << 4
    made.read(0x26)
    made.tick(0, 0, 1000)
    assert axes(made) == [0, 0, 0]


def test_reference_mode_subtracts_the_register():
    for scale, mg in enumerate((16, 31, 63, 127)):
        made = chip({0x20: 0x57, 0x21: 0x48, 0x23: 0x08 | scale << 4, 0x26: 0xFC})
        for _ in range(100):
            made.tick(0, 0, 0)
        expected = (4 * mg + (1, 2, 4, 12)[scale] / 2) // (1, 2, 4, 12)[scale]
        assert axes(made)[0] == int(expected) << 4, scale


def test_filter_of_interrupts_leaves_outputs_alone():
    made = chip({0x20: 0x57, 0x21: 0x01, 0x23: 0x08, 0x30: 0x2A, 0x32: 0x04, 0x22: 0x40})
    for _ in range(300):
        made.tick(0, 0, 1000)
    assert axes(made)[2] == 1000 << 4 and made.int1 == 0
    made.tick(0, 70, 1000)
    assert made.int1 == 1


def test_autoreset_on_the_interrupt():
    made = chip({0x20: 0x57, 0x21: 0xC1, 0x23: 0x08, 0x30: 0x2A, 0x32: 0x04, 0x22: 0x40})
    made.tick(0, 0, 500)
    assert made.int1 == 1
    made.tick(0, 0, 500)
    assert made.int1 == 0


# -- interrupt generator 1 -----------------------------------------------------------------------


def felt(registers, samples):
    """INT1 after each sample, IA1 routed."""
    made = chip({0x20: 0x57, 0x22: 0x40, **registers})
    levels = []
    for sample in samples:
        made.tick(*sample)
        levels.append(made.int1)
    return levels


@pytest.mark.parametrize("scale,mg", tuple(enumerate((16, 32, 62, 186))))
def test_threshold_unit(scale, mg):
    registers = {0x23: scale << 4, 0x30: 0x2A, 0x32: 10}
    limit = 10 * mg
    samples = [(limit, 0, 0), (limit + 1, 0, 0), (0, -limit - 1, 0), (0, 0, -limit)]
    assert felt(registers, samples) == [0, 1, 1, 0]


# name, INT1_CFG, samples in mg at a threshold of 320 mg, INT1 after each
EVENTS = (
    ("or of X high, Z low", 0x12, ((400, 0, 500), (0, 0, 500), (0, 0, 300)), [1, 0, 1]),
    ("and of all high", 0xAA, ((400, 400, 300), (400, -400, 400)), [0, 1]),
    ("free fall", 0x95, ((0, 0, 1000), (100, -50, 300), (0, 0, 330), (0, -330, 0)), [0, 1, 0, 0]),
    ("nothing enabled", 0x80, ((400, 400, 400), (0, 0, 0)), [0, 0]),
    ("moved to a position", 0x7F, ((0, 0, 900), (0, 0, 900), (0, 0, -900)), [1, 0, 1]),
    ("in a position", 0xFF, ((0, 0, 900), (0, 0, 900), (700, 0, 700)), [1, 1, 0]),
    ("in one position only", 0xE0, ((0, 0, -900), (0, 0, 900)), [0, 1]),
)


@pytest.mark.parametrize("name,config,samples,levels", EVENTS, ids=[row[0] for row in EVENTS])
def test_event(name, config, samples, levels):
    assert felt({0x30: config, 0x32: 20}, samples) == levels


def test_4d_ignores_z():
    samples = [(0, 0, 900), (900, 0, 900)]
    assert felt({0x24: 0x04, 0x30: 0xFF, 0x32: 20}, samples) == [0, 1]


def test_duration_is_counted_in_samples():
    high, low = (400, 0, 0), (0, 0, 0)
    samples = [high, high, low, high, high, high, high, low]
    assert felt({0x30: 0x02, 0x32: 20, 0x33: 2}, samples) == [0, 0, 0, 0, 0, 1, 1, 0]


def test_latched_until_its_source_is_read():
    made = chip({0x20: 0x57, 0x22: 0x40, 0x24: 0x08, 0x30: 0x2A, 0x32: 20})
    made.tick(0, -400, 0)
    made.tick(0, 0, 0)
    assert made.int1 == 1
    made.read(0x30)
    assert made.int1 == 1
    assert made.read(0x31)[0] & 0x6A == 0x48
    assert made.int1 == 0 and not made.read(0x31)[0] & 0x40
    made.tick(0, 0, 0)
    assert made.int1 == 0
    made.tick(0, 400, 0)
    made.read(0x31)
    made.tick(0, 400, 0)
    assert made.int1 == 1


def test_source_of_6d():
    """AN3308: six positions, one bit each."""
    made = chip({0x20: 0x57, 0x30: 0xFF, 0x32: 20})
    for axis, (low, high) in enumerate(((0x01, 0x02), (0x04, 0x08), (0x10, 0x20))):
        for sign, bit in ((-1, low), (1, high)):
            made.tick(*[sign * 900 if n == axis else 0 for n in range(3)])
            assert made.read(0x31)[0] == 0x40 | bit


# -- the pin -------------------------------------------------------------------------------------


def test_watermark_on_int1_falls_when_drained():
    made = chip({**STREAM, 0x22: 0x04})
    levels = []
    for _ in range(11):
        made.tick(0, 0, 0)
        levels.append(made.int1)
    assert levels == [0] * 9 + [1, 1]
    made.read(0xA8, 6)
    assert made.int1 == 1
    made.read(0xA8, 6)
    assert made.int1 == 0


def test_overrun_and_data_on_int1():
    made = chip({**STREAM, 0x22: 0x02})
    for n in range(32):
        assert made.int1 == 0, n
        made.tick(0, 0, 0)
    assert made.int1 == 1
    axes(made)
    assert made.int1 == 0
    made = chip({0x20: 0x57, 0x22: 0x10})
    made.tick(0, 0, 0)
    assert made.int1 == 1
    axes(made)
    assert made.int1 == 0


def test_only_what_is_routed_and_its_polarity():
    quiet = {0x20: 0x57, 0x22: 0x00, 0x30: 0x2A, 0x32: 20}
    made = chip(quiet)
    made.tick(900, 0, 0)
    assert made.int1 == 0 and made.read(0x31)[0] & 0x40
    made = chip({**quiet, 0x22: 0x40, 0x25: 0x02})
    assert made.int1 == 1
    made.tick(900, 0, 0)
    assert made.int1 == 0


def test_patience_is_never_too_long():
    """With an unchanging acceleration INT1 keeps its level for as long as patience says."""
    settings = (
        {**STREAM, 0x22: 0x04},
        {**STREAM, 0x22: 0x02},
        {0x20: 0x57, 0x22: 0x10},
        {0x20: 0x57, 0x21: 0x01, 0x22: 0x40, 0x30: 0x2A, 0x32: 4, 0x33: 5},
        {0x20: 0x57, 0x21: 0x01, 0x22: 0x40, 0x24: 0x08, 0x30: 0x2A, 0x32: 4},
        {
            0x20: 0x57,
            0x21: 0x31,
            0x22: 0x44,
            0x23: 0x08,
            0x24: 0x40,
            0x2E: 0x9E,
            0x30: 0x95,
            0x32: 4,
        },
    )
    for registers in settings:
        made = chip(registers)
        for level_mg in (0, 40, 200, 1000, 1000, 0):
            made.tick(level_mg, 0, 900)
            patience, level = made.patience(), made.int1
            for n in range(200):
                made.tick(level_mg, 0, 900)
                if made.int1 != level:
                    assert patience is not None and n + 1 >= patience, registers
                    break
            else:
                assert patience is None or patience <= 32, registers
