"""The journal: what must be known of an alert in progress after any reset.

Separate because an alert survives restarts through these records and through nothing else
(reset causes do not tell a brown-out from power-on), and because nothing that happens to the
flash may keep an alert from leaving: every method returns, whatever the partition holds.

A record is length (2 bytes), sequence (4), crc32 of these and of the body (4), body: a JSON
array of the kind and its values, padded with 0xFF to cells of 16 bytes. It never crosses a
flash page (256 bytes), so it costs one program. A record without a body closes: what is open
is what came after the last close. Values are integers and short words: never a position, a
number or a text. Little-endian. Imports json, binascii and firmware.store's constants.

Why a closed alert never comes back: a sector is erased only while a close with a higher
sequence stands in another sector, so half an erase can only uncover what is already closed.
"""

import json
from binascii import crc32

from micropython import const

from firmware.store import SECTOR

_WORD_MAX = const(16)  # characters of a kind or of a word among the values

_PAGE = const(256)  # NOR flash programs at most one page at a time
_CELL = const(16)  # also the alignment of an encrypted partition
_HEAD = const(10)
_BODY_MAX = const(214)  # with its head 14 cells of 16: less than a page
_SECTORS_MAX = const(64)  # 256 KB: bounds the scan at boot
_ERASE_GAP_MS = const(500)  # between two erases in standby, so that presses are felt at once
_KEPT_MAX = const(32)  # of the records that could not be written, in memory: 3 KB
_TRIES = const(2)  # a second program only where the flash did not hold the first

_BLANK_PAGE = b"\xff" * 256
_BLANK_CELL = b"\xff" * 16
_WORD_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORD_OTHERS = "0123456789_"


class Journal:
    """Append-only records over a raw log of at least two sectors; log None keeps nothing.

    What could not be written is kept in memory as far as it fits, so that a restarted policy
    still finds it. Counters: lost (appends that are not on flash), damaged (cells or sectors
    that hold neither a record nor blank flash), refused (appends whose kind or values are not
    allowed).
    """

    def __init__(self, log):
        self.lost = 0
        self.damaged = 0
        self.refused = 0
        self._log = log
        count = min(log.sectors, _SECTORS_MAX) if log else 0
        self.sectors = count if count > 1 else 0
        self._used = [SECTOR] * self.sectors  # where blank flash begins; 0: a blank sector
        self._first = [0] * self.sectors  # lowest and highest sequence in it, 0: none
        self._last = [0] * self.sectors
        self._worn = [False] * self.sectors  # did not become blank when erased
        self._head = -1  # the sector that takes the next record
        self._sequence = 0  # the highest that was written
        self._closed = 0  # the highest of a close
        self._closing = False  # a close that could not be written yet
        self._kept = []  # (sequence before it, kind, values) of what is not on flash
        self._next_erase_ms = 0
        self._page = bytearray(_PAGE)
        self._echo = bytearray(_PAGE)
        for sector in range(self.sectors):
            self._scan(sector)
        self.open = self._sequence > self._closed  # an alert is in progress

    def append(self, kind, values):
        """Write one record; the first one after a close opens an alert. Never erases.

        False when it is not on flash: no erased room is left, the flash fails, or a value is not
        an integer or a word (a-z, then also digits and _, at most _WORD_MAX).
        """
        fields = [kind]
        fields.extend(values)
        body = _encode(fields)
        if body is None:
            self.refused += 1
            return False
        if self._closing:
            self._end()
        self.open = True
        if not self._closing and self._write(body):
            return True
        self.lost += 1
        if len(self._kept) < _KEPT_MAX:
            self._kept.append((self._sequence, kind, tuple(values)))
        return False

    def close(self):
        """End the alert in progress: its records count no more and may be erased.

        False when that could not be written; it is tried again by idle_step and append.
        """
        self.open = False
        self._kept = []
        return self._end()

    def _end(self):
        """Write the close of what is open on flash; False when that fails."""
        self._closing = self._sequence > self._closed and not self._write(b"")
        return not self._closing

    def records(self):
        """Yield (kind, tuple of values) of the alert in progress, in the order of writing.

        Reads the flash as it goes, so that a long alert takes no memory: exhaust it before the
        next append.
        """
        kept = 0
        for sequence, fields in self._written():
            while kept < len(self._kept) and self._kept[kept][0] < sequence:
                yield self._kept[kept][1:]
                kept += 1
            yield fields[0], tuple(fields[1:])
        for _, kind, values in self._kept[kept:]:
            yield kind, values

    def _written(self):
        """Yield (sequence, fields) of what came after the last close and is on flash."""
        newest = self._closed
        if self._closing:
            return
        sectors = [pair for pair in zip(self._first, range(self.sectors)) if pair[0]]
        sectors.sort()
        for _, sector in sectors:
            if self._last[sector] <= self._closed:
                continue
            try:
                for at, _, sequence, length in self._walk(sector):
                    if sequence <= newest:
                        continue  # damaged, closed, or written twice
                    newest = sequence
                    fields = _decode(self._page[at + _HEAD : at + _HEAD + length])
                    if fields:
                        yield sequence, fields
            except OSError:
                self.damaged += 1

    def wake_ms(self, now_ms):
        """Return when idle_step has something to do, None when it has not."""
        close = self._closing and not self.open and self._place(_CELL, True) is not None
        return max(now_ms, self._next_erase_ms) if close or self._chore() is not None else None

    def idle_step(self, now_ms):
        """In standby: do one thing (at most 60 ms) that makes erased room for the next alert.

        In the end one sector holds one close and all others are blank: room, and nothing on the
        flash tells of past alerts.
        """
        if self.open or now_ms < self._next_erase_ms:
            return
        self._next_erase_ms = now_ms + _ERASE_GAP_MS
        if self._closing and self._end():
            return
        chore = self._chore()
        if chore is None:
            return
        if chore == self._head:
            self._move_on()
        else:
            self._erase(chore)

    # -- the room ----------------------------------------------------------------------------

    def _chore(self):
        """Return the sector to erase next; the head, when a close must first move on from it."""
        if self.open:
            return None
        head = self._head
        for sector in range(self.sectors):
            if sector == head or not self._used[sector] or self._worn[sector]:
                continue
            if not self._closing or self._last[sector] <= self._closed:
                return sector
        if self._closing or head < 0 or self._used[head] <= _CELL or self._blank_sector() < 0:
            return None
        return head

    def _move_on(self):
        """Write the close once more, into a blank sector: then the old head may be erased."""
        old = self._head
        new = self._head = self._blank_sector()
        if not self._write(b""):
            self._head = old
            self._worn[new] = True

    def _erase(self, sector):
        self._used[sector] = SECTOR
        self._first[sector] = self._last[sector] = 0
        try:
            self._log.erase(sector)
        except OSError:
            self._worn[sector] = True
            return
        self._scan(sector)
        self._worn[sector] = self._used[sector] != 0

    def _blank_sector(self):
        """Return the next blank sector in turn, so that all wear alike; -1 when there is none."""
        for step in range(1, self.sectors + 1):
            sector = (self._head + step) % self.sectors
            if not self._used[sector]:
                return sector
        return -1

    def _place(self, size, closing):
        """Return (sector, offset) of erased room within one page, None when there is none.

        The last page of the last sector is kept for the close.
        """
        blank = self._blank_sector()
        if self._head >= 0:
            offset = self._used[self._head]
            if offset % _PAGE + size > _PAGE:
                offset = _page_end(offset)
            limit = SECTOR if closing or blank >= 0 else SECTOR - _PAGE
            if offset + size <= limit:
                return self._head, offset
        return None if blank < 0 else (blank, 0)

    # -- records -----------------------------------------------------------------------------

    def _write(self, body):
        """Program one record where there is room and read it back; b"" is the close."""
        sequence = self._sequence + 1
        data = _record(sequence, body)
        for _ in range(_TRIES):
            place = self._place(len(data), not body)
            if place is None:
                return False
            sector, offset = place
            self._head = sector
            self._used[sector] = offset + len(data)
            if self._program(sector, offset, data):
                self._sequence = sequence
                self._first[sector] = self._first[sector] or sequence
                self._last[sector] = sequence
                if not body:
                    self._closed = sequence
                return True
            self.damaged += 1
            self._used[sector] = _page_end(offset)
        return False

    def _program(self, sector, offset, data):
        echo = memoryview(self._echo)[: len(data)]
        try:
            self._log.program(sector, offset, data)
            self._log.read(sector, offset, echo)
        except OSError:
            return False
        return echo == data

    def _scan(self, sector):
        """Learn what a sector holds; one that cannot be read is as good as full."""
        self._used[sector] = SECTOR
        end = torn = 0
        try:
            for place in self._walk(sector):
                _, end, sequence, length = place
                torn = not sequence
                self.damaged += torn
                if sequence:
                    self._first[sector] = self._first[sector] or sequence
                    self._last[sector] = sequence
                    if not length and sequence > self._closed:
                        self._closed = sequence
        except OSError:
            self.damaged += 1
            return
        # A page whose programming was cut off is not programmed again before an erase.
        self._used[sector] = _page_end(end - 1) if torn else end
        if self._last[sector] > self._sequence:
            self._sequence = self._last[sector]
            self._head = sector

    def _walk(self, sector):
        """Yield (place in the page, end in the sector, sequence, length) of each record.

        A damaged cell has sequence 0: the next record is looked for in the next cell.
        """
        page = self._page
        for start in range(0, SECTOR, _PAGE):
            self._log.read(sector, start, page)
            if page == _BLANK_PAGE:
                continue
            at = 0
            while at < _PAGE:
                sequence, length = _head_at(page, at)
                size = _padded(length) if sequence else _CELL
                if sequence or page[at : at + _CELL] != _BLANK_CELL:
                    yield at, start + at + size, sequence, length
                at += size


def _padded(length):
    return (_HEAD + length + _CELL - 1) // _CELL * _CELL


def _page_end(offset):
    """Return where the page that holds the offset ends."""
    return (offset // _PAGE + 1) * _PAGE


def _record(sequence, body):
    head = len(body).to_bytes(2, "little") + sequence.to_bytes(4, "little")
    data = head + crc32(body, crc32(head)).to_bytes(4, "little") + body
    return data + b"\xff" * (_padded(len(body)) - len(data))


def _head_at(page, at):
    """Return (sequence, length) of the record at this place, (0, 0) when there is none."""
    length = page[at] | page[at + 1] << 8
    end = at + _HEAD + length
    if length > _BODY_MAX or end > _PAGE:
        return 0, 0
    view = memoryview(page)
    check = crc32(view[at + _HEAD : end], crc32(view[at : at + 6]))
    if check != int.from_bytes(view[at + 6 : at + _HEAD], "little"):
        return 0, 0
    return int.from_bytes(view[at + 2 : at + 6], "little"), length


def _encode(fields):
    """Return the body of a record, None when a field is not allowed or all are too long."""
    if type(fields[0]) is not str:
        return None
    for field in fields:
        if type(field) is not int and not _is_word(field):
            return None
    body = json.dumps(fields, separators=(",", ":")).encode()
    return body if len(body) <= _BODY_MAX else None


def _is_word(field):
    """True for words like danger_again: no phone number, coordinate or sentence is one."""
    if type(field) is not str or not 0 < len(field) <= _WORD_MAX or field[0] not in _WORD_LETTERS:
        return False
    return all(letter in _WORD_LETTERS or letter in _WORD_OTHERS for letter in field)


def _decode(body):
    try:
        fields = json.loads(bytes(body))
    except ValueError:
        return None
    return fields if type(fields) is list else None
