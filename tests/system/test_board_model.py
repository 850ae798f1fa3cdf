"""The microcontroller's own behaviour, asked over the link as the fakes ask it.

What conformance programs on the classic chip cannot show: pads on hold, inverted outputs, the
other chip's light sleep, torn flash operations, partition tables, causes of resets.
"""

from pathlib import Path

import pytest

from simulator.board import BoardModel, BoardOptions, Halt
from simulator.flash import SECTOR, Flash, Partition, read_table
from simulator.world import World

ROOT = Path(__file__).resolve().parents[2]
BOARDS = sorted(p.stem for p in (ROOT / "firmware" / "boards").glob("*.csv"))
IN, OUT, PULL_UP, LEAVE = 1, 3, 2, -1


def board(name="generic_esp32", **options):
    """A board that has come up, in a world of its own."""
    model = BoardModel(World(5, 0), name, ROOT, BoardOptions(**options))
    assert model.come_up()
    return model


def ask(model, op, *args, blob=b""):
    return model.call(op, args, blob)


def events(model):
    seen = []
    model.world.listeners.append(lambda event: seen.append((event["ev"], event["dev"])))
    return seen


def drive(model, role, level, hold=LEAVE):
    ask(model, "pin", model.map.pins[role], OUT, LEAVE, level, hold)


@pytest.mark.parametrize("name", BOARDS)
def test_every_board_file_is_understood(name):
    model = board(name)
    assert {"button", "motor", "modem_ri", "battery"} <= set(model.map.pins)
    assert set(model.map.wires) == {"modem", "gnss"}
    assert model.flash_has("vfs")
    for role, gpio in model.map.pins.items():
        assert model.map.chip.gpio >> gpio & 1, (role, gpio)


def test_an_unknown_board_is_an_error():
    with pytest.raises(OSError):
        BoardModel(World(1, 0), "none", ROOT)


# -- pads -------------------------------------------------------------------------------------


def test_outputs_fall_at_a_reset_but_pads_on_hold_do_not():
    model = board()
    drive(model, "modem_pwrkey", 1)
    drive(model, "modem_dtr", 1, hold=1)
    model.reset("watchdog")
    assert model.come_up()
    assert [model.line(r).level for r in ("modem_pwrkey", "modem_dtr")] == [0, 1]
    model.power_cut(100)
    assert model.come_up()
    assert model.line("modem_dtr").level == 0


def test_a_pad_on_hold_changes_only_when_configured():
    model = board()
    drive(model, "modem_dtr", 1, hold=1)
    ask(model, "set", model.map.pins["modem_dtr"], 0)
    assert model.line("modem_dtr").level == 1
    drive(model, "modem_dtr", 0, hold=1)
    assert model.line("modem_dtr").level == 0


def test_the_s3_lets_outputs_go_in_light_sleep():
    for name, kept in (("t_a7670x_s3", 0), ("generic_esp32", 1)):
        model = board(name)
        drive(model, "modem_pwrkey", 1)
        drive(model, "modem_dtr", 1, hold=1)
        during = []
        levels = [model.line(r) for r in ("modem_pwrkey", "modem_dtr")]
        model.world.after(
            50, lambda during=during, levels=levels: during.extend(levels_of(levels))
        )
        ask(model, "lightsleep", 100)
        assert during == [kept, 1]
        assert levels_of(levels) == [1, 1]


def levels_of(lines):
    return [line.level for line in lines]


def test_outputs_that_are_active_low_carry_one_for_on():
    model = board("t_sim7670g_s3")
    gpio = model.map.pins["modem_reset"]
    assert model.line("modem_reset").level == 0
    ask(model, "pin", gpio, OUT, LEAVE, 0, LEAVE)
    assert model.line("modem_reset").level == 1 and not model.pins.levels >> gpio & 1
    model.reset("software")
    model.come_up()
    assert model.line("modem_reset").level == 0


def test_an_input_reads_its_line_and_a_free_one_its_pull():
    model = board()
    assert ask(model, "pin", 27, IN, PULL_UP, LEAVE, LEAVE)[1] >> 27 & 1
    assert not ask(model, "pin", 27, IN, 1, LEAVE, LEAVE)[1] >> 27 & 1
    button = model.map.pins["button"]
    assert not ask(model, "pin", button, IN, PULL_UP, LEAVE, LEAVE)[1] >> button & 1
    model.line("button").set(1)
    assert model.pins.levels >> button & 1


def test_the_ring_line_rests_high():
    assert board().line("modem_ri").level == 1


# -- power ------------------------------------------------------------------------------------


def test_causes_of_resets():
    for cause, number in (("software", 2), ("watchdog", 3), ("brownout", 1)):
        model = board()
        ask(model, "rtc_memory_set", blob=b"kept")
        model.reset(cause)
        with pytest.raises(Halt):
            ask(model, "feed")
        assert model.come_up()
        assert model.reset_cause == number
        assert ask(model, "rtc_memory")[4] == b"kept"
    model = board()
    ask(model, "rtc_memory_set", blob=b"lost")
    model.power_cut(5000)
    then_ms = model.world.now_ms
    assert model.come_up()
    assert model.reset_cause == 1
    assert ask(model, "rtc_memory")[4] == b""
    assert model.world.now_ms == then_ms + 5000 + model.options.boot_ms


def test_a_cut_while_it_is_off_or_booting_starts_again():
    model = board()
    model.power_cut(1000)
    model.world.after(1200, model.power_cut, 2000)
    then_ms = model.world.now_ms
    assert model.come_up()
    assert model.world.now_ms == then_ms + 3200 + model.options.boot_ms
    assert model.boots == 2


def test_a_watchdog_of_an_earlier_life_never_bites():
    model = board()
    ask(model, "watchdog", 1000)
    model.reset("software")
    assert model.come_up()
    seen = events(model)
    ask(model, "wait", 5000, 0, 1)
    assert ("reset", "board") not in seen


def test_a_line_that_is_up_already_ends_sleep_at_once():
    model = board()
    button = model.map.pins["button"]
    ask(model, "ext1", 1 << button, 1)
    model.line("button").set(1)
    then_ms = model.world.now_ms
    assert ask(model, "lightsleep", 60_000)[3] == 3
    assert model.world.now_ms - then_ms <= 5


def test_the_gauge_sees_the_divided_voltage():
    model = board("t_a7670x_s3")
    model.battery_mv = 4100
    assert ask(model, "adc", model.map.pins["battery"])[3] == 2_050_000


def test_cpu_time_is_charged_once_a_wait():
    for cost_ms in (2, 10):
        model = board(step_cost_ms=cost_ms)
        then_ms = model.world.now_ms
        ask(model, "wait", 100, 0, 1)
        ask(model, "wait", 100, 0, 0)
        assert model.world.now_ms - then_ms == 200 + cost_ms


# -- flash ------------------------------------------------------------------------------------


def test_flash_takes_its_time_and_erases_by_sectors():
    model = board()
    part = model.flash.find("nvs")
    then_ms = model.world.now_ms
    ask(model, "flash_erase", part.address)
    assert 45 <= model.world.now_ms - then_ms <= 60
    then_ms = model.world.now_ms
    ask(model, "flash_program", part.address, blob=bytes(2560))
    assert model.world.now_ms - then_ms == 7
    assert model.flash.read(part.address, 2562) == bytes(2560) + b"\xff\xff"
    ask(model, "flash_erase", part.address)
    assert model.flash.read(part.address, 4) == b"\xff" * 4


def test_power_that_fails_during_an_operation_leaves_it_torn():
    torn = set()
    for seed in range(12):
        model = BoardModel(World(seed, 0), "generic_esp32", ROOT)
        model.come_up()
        address = model.flash.find("nvs").address
        model.world.after(5, model.power_cut, 10)
        with pytest.raises(Halt):
            ask(model, "flash_program", address, blob=bytes(4096))
        image = model.flash.read(address, 4096)
        torn.add(image.count(0))
        assert image.count(0) % 32 == 0 and image == bytes(image.count(0)).ljust(4096, b"\xff")
    assert len(torn) > 6


def test_an_erase_that_is_cut_leaves_anything_and_the_end_of_a_run_nothing():
    for name, untouched in (("reset", False), ("end", True)):
        model = board()
        address = model.flash.find("nvs").address
        model.flash.program(address, bytes(4096))
        if name == "reset":
            model.world.after(5, model.reset, "brownout")
        else:
            model.end_ms = model.world.now_ms + 5
        with pytest.raises(Halt):
            ask(model, "flash_erase", address)
        image = model.flash.read(address, 4096)
        assert (image == bytes(4096)) == untouched
        assert image != b"\xff" * 4096


def test_nor_flash_only_clears_bits():
    flash = Flash([Partition("p", 1, 2, 0, 3 * SECTOR)])
    flash.program(SECTOR - 2, b"\xf0\x0f\xaa\x55")
    flash.program(SECTOR - 2, b"\x3c\x3c\x0f\x0f")
    assert flash.read(SECTOR - 2, 4) == b"\x30\x0c\x0a\x05"
    flash.erase(SECTOR)
    assert flash.read(SECTOR - 2, 4) == b"\x30\x0c\xff\xff"
    flash.load("p", b"\x01" * SECTOR + b"\xff" * SECTOR + b"x")
    assert flash.image("p") == b"\x01" * SECTOR + b"\xff" * SECTOR + b"x".ljust(SECTOR, b"\xff")


def test_partition_tables_may_leave_addresses_out(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "# Name, Type, SubType, Offset, Size, Flags\n"
        "nvs, data, nvs, , 0x6000\nphy, data, phy, , 4K,\n"
        "factory, app, factory, , 1M\nmine, 0x40, 7, 0x200000, 16K\n"
    )
    assert read_table(path) == [
        Partition("nvs", 1, 2, 0x9000, 0x6000),
        Partition("phy", 1, 1, 0xF000, 0x1000),
        Partition("factory", 0, 0, 0x10000, 0x100000),
        Partition("mine", 0x40, 7, 0x200000, 0x4000),
    ]


# -- serial -----------------------------------------------------------------------------------


def test_bytes_at_the_wrong_rate_are_rubbish():
    for device_baud, readable in ((9600, True), (4800, False)):
        model = board()
        tx, rx = model.map.wires["gnss"]
        ask(model, "uart_open", 2, 9600, tx, rx, 256, 256)
        model.wire("gnss").device_baud = device_baud
        model.wire("gnss").device_write(b"$GNRMC")
        ask(model, "wait", 100, 0, 0)
        assert (ask(model, "uart_read", 2, 100)[4] == b"$GNRMC") == readable


def test_a_uart_on_other_pins_hears_nothing():
    model = board()
    ask(model, "uart_open", 2, 9600, 25, 26, 256, 256)
    model.wire("gnss").device_write(b"$GNRMC")
    assert ask(model, "wait", 100, 0, 0)[2] == 0
    assert ask(model, "uart_write", 2, blob=b"x")[3] == 1
