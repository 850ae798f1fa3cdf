"""What the virtual modem answers about messages: 3GPP TS 27.005 in PDU mode, and its store.

Text mode is not modelled: AT+CMGF=? says so. Each handler is `handler(modem, command) ->
Reply`. Must not import firmware or lib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from simulator.devices.at_line import (
    ERROR,
    READ,
    SET,
    TEST,
    Command,
    Reply,
    cms,
    ok,
    split_args,
    string,
)

if TYPE_CHECKING:
    from simulator.devices.modem import Modem

Handler = Callable[["Modem", Command], Reply]

PROMPT_MS = 20
STORE_MS = 8
SLOTS = 50
TPDU_MAX = 164  # octets: 12 of address, 140 of user data and the fixed ones of an SMS-SUBMIT
MEMORIES = ("ME", "SM", "SR")
CMS_NOT_ALLOWED, CMS_BAD_MEMORY, CMS_BAD_INDEX = 302, 500, 321
CMS_BAD_PDU, CMS_NO_CNMA = 304, 340
UNREAD, READ_ALREADY, ALL = 0, 1, 4


class Store:
    """Messages kept by the modem: slot number -> [status, pdu], slots counted from 1."""

    def __init__(self) -> None:
        self.slots: dict[int, list] = {}

    def full(self) -> bool:
        return len(self.slots) >= SLOTS

    def add(self, pdu: bytes) -> int | None:
        """Returns the slot, or None where no slot is free."""
        for index in range(1, SLOTS + 1):
            if index not in self.slots:
                self.slots[index] = [UNREAD, pdu]
                return index
        return None


def length(pdu: bytes) -> int:
    """<length> of 27.005: octets of the transfer unit without the SMSC address."""
    return len(pdu) - 1 - pdu[0]


def service(modem: Modem, command: Command) -> Reply:
    """+CSMS, 3.2.1."""
    if command.op == TEST:
        return ok("+CSMS: (0,1)")
    if command.op == READ:
        return ok(f"+CSMS: {modem.service},1,1,1")
    if command.op != SET or command.args not in ("0", "1"):
        return ERROR
    modem.service = int(command.args)
    return ok("+CSMS: 1,1,1")


def centre(modem: Modem, command: Command) -> Reply:
    """+CSCA, 3.3.1."""
    if command.op == TEST:
        return ok()
    trouble = modem.messages_trouble()
    if trouble:
        return trouble
    if command.op == READ:
        return ok(f'+CSCA: "{modem.centre}",145')
    wanted = string(split_args(command.args)[0])
    if command.op != SET or not wanted or not wanted.lstrip("+").isdecimal():
        return ERROR
    modem.centre = wanted
    return ok()


def text_parameters(modem: Modem, command: Command) -> Reply:
    """+CSMP, 3.3.2: kept, of no effect in PDU mode."""
    if command.op == READ:
        return ok("+CSMP: " + modem.text_parameters)
    if command.op == SET:
        modem.text_parameters = command.args
    return ok()


def memory(modem: Modem, command: Command) -> Reply:
    """+CPMS, 3.2.2: one store, whatever it is called."""
    if command.op == TEST:
        names = '("ME","SM")'
        return ok(f'+CPMS: ("ME","SM","SR"),{names},{names}')
    trouble = modem.messages_trouble()
    if trouble:
        return trouble
    used = f"{len(modem.messages.store.slots)},{SLOTS}"
    if command.op == READ:
        return ok("+CPMS: " + ",".join(f'"{name}",{used}' for name in modem.memories))
    wanted = [string(arg) or "" for arg in split_args(command.args)]
    if command.op != SET or len(wanted) > 3 or any(name not in MEMORIES for name in wanted):
        return cms(CMS_NOT_ALLOWED)
    modem.memories[: len(wanted)] = wanted
    return ok(f"+CPMS: {used},{used},{used}", delay_ms=STORE_MS)


def list_messages(modem: Modem, command: Command) -> Reply:
    """+CMGL, 3.4.2 in PDU mode (4.1)."""
    if command.op == TEST:
        return ok("+CMGL: (0-4)")
    trouble = modem.messages_trouble()
    if trouble:
        return trouble
    if command.args not in ("", "0", "1", "2", "3", "4"):
        return cms(CMS_NOT_ALLOWED)
    wanted = int(command.args or "0")
    lines = []
    for index, slot in sorted(modem.messages.store.slots.items()):
        status, pdu = slot
        if wanted in (status, ALL):
            lines += [f"+CMGL: {index},{status},,{length(pdu)}", pdu.hex().upper()]
            slot[0] = READ_ALREADY
    return ok(*lines, delay_ms=STORE_MS)


def read_message(modem: Modem, command: Command) -> Reply:
    """+CMGR, 3.4.3 in PDU mode."""
    if command.op == TEST:
        return ok()
    slot = modem.messages.store.slots.get(int(command.args)) if command.args.isdecimal() else None
    if command.op != SET or slot is None:
        return modem.messages_trouble() or cms(CMS_BAD_INDEX)
    status, pdu = slot
    slot[0] = READ_ALREADY
    return ok(f"+CMGR: {status},,{length(pdu)}", pdu.hex().upper(), delay_ms=STORE_MS)


def delete_message(modem: Modem, command: Command) -> Reply:
    """+CMGD, 3.5.4; delflag 1 to 4."""
    slots = modem.messages.store.slots
    if command.op == TEST:
        return ok("+CMGD: (" + ",".join(str(i) for i in sorted(slots)) + "),(0-4)")
    args = split_args(command.args)
    if command.op != SET or not all(arg.isdecimal() for arg in args) or len(args) > 2:
        return cms(CMS_NOT_ALLOWED)
    flag = int(args[1]) if len(args) == 2 else 0
    if flag == 0:
        if not 1 <= int(args[0]) <= SLOTS:
            return cms(CMS_BAD_INDEX)
        slots.pop(int(args[0]), None)
    elif flag == 4:
        slots.clear()
    else:
        for index in [i for i, slot in slots.items() if slot[0] == READ_ALREADY]:
            del slots[index]
    return ok(delay_ms=STORE_MS)


def acknowledge(modem: Modem, command: Command) -> Reply:
    """+CNMA, 3.4.4: only phase 2+ service needs it, and only once for each."""
    if command.op == TEST:
        return ok("+CNMA: (0-2)")
    if modem.service == 0 or not modem.messages.acknowledge():
        return cms(CMS_NO_CNMA)
    return ok()


def send(modem: Modem, command: Command) -> Reply:
    """+CMGS, 3.5.1: opens the prompt."""
    if command.op == TEST:
        return ok()
    trouble = modem.messages_trouble()
    if trouble:
        return trouble
    if command.op != SET or not command.args.isdecimal():
        return cms(CMS_BAD_PDU)
    if not 8 <= int(command.args) <= TPDU_MAX:
        return cms(CMS_BAD_PDU)
    modem.port.expect_pdu(int(command.args))
    return Reply((), "", PROMPT_MS)


TABLE: dict[str, Handler] = {
    "+CSMS": service,
    "+CSCA": centre,
    "+CSMP": text_parameters,
    "+CPMS": memory,
    "+CMGL": list_messages,
    "+CMGR": read_message,
    "+CMGD": delete_message,
    "+CNMA": acknowledge,
    "+CMGS": send,
}
