"""What the board does while it is flashed; this text is sent to its REPL and runs there.

Separate because it is MicroPython's, and small: a board without PSRAM has little room. It knows
files and their SHA-256, and nothing of slots or versions. Every answer is a line of "=" and JSON:
whatever interrupt of the program that ran here prints something else. Must not import anything of
the firmware.
"""

import gc
import json
import os
import sys
from binascii import a2b_base64, hexlify
from hashlib import sha256

FOLDER = 0x4000  # in the type of an entry, ilistdir
RTC_MARK = b"GLT1"  # of the record that boot.py counts in: firmware/drivers/boot_record.py
# The file that is being written, also by a program that was killed before this one.
taken = globals().get("taken")


def tell(value):
    print("=" + json.dumps(value))


def begin(word):
    """Let go of the program that ran here, and mount the files without modification times.

    The word is said back: who asked knows that this answer is to that question.
    """
    taken_whole()  # never once the files are mounted anew: it would write where others are
    for name in list(sys.modules):
        if name.partition(".")[0] == "firmware":
            del sys.modules[name]
    gc.collect()  # closes what that had open
    try:
        import esp32
        import vfs

        disk = vfs.VfsLfs2(esp32.Partition.find(1, label="vfs")[0], mtime=False)
        try:
            vfs.umount("/")
        except OSError:
            pass  # interrupted before it was mounted
        vfs.mount(disk, "/")
    except (ImportError, IndexError, OSError):
        pass  # as it is mounted
    tell(word)


def facts():
    slots = [path[1:] for path in sys.path if path in ("/a", "/b")]
    room = os.statvfs("/")
    found = {
        "mpy": getattr(sys.implementation, "_mpy", 0),
        "python": ".".join([str(n) for n in sys.implementation[1][:3]]),
        "machine": getattr(sys.implementation, "_machine", ""),
        "running": slots[0] if slots else "",
        "block_bytes": room[0],
        # MicroPython's count meets the two blocks of a folder twice.
        "free_blocks": room[3] + 2 * folders_below(""),
    }
    for name in ("slot", "board", "mode"):
        found[name] = word("/" + name)
    tell(found)


def boot():
    """Run boot.py, which Ctrl-C came before: it says what starts here. Counts as no boot."""
    import machine

    try:
        memory = machine.RTC().memory
        counted = bytes(memory())
        with open("/boot.py") as file:
            text = file.read()
    except (AttributeError, OSError):
        return  # then nothing picks a slot
    try:
        exec(text, {"__name__": "boot"})
    finally:
        memory(counted)


def folders_below(folder):
    inner = [entry[0] for entry in os.ilistdir(folder or "/") if entry[1] & FOLDER]
    return len(inner) + sum([folders_below(folder + "/" + name) for name in inner])


def word(path):
    try:
        with open(path) as file:
            return file.read(32).strip()
    except (OSError, ValueError):
        return ""


def digest(path):
    """SHA-256 of a file in hex, read back from the flash; "" where there is none."""
    state, piece = sha256(), bytearray(512)
    view = memoryview(piece)
    try:
        with open(path, "rb") as file:
            while True:
                size = file.readinto(piece)
                if not size:
                    break
                state.update(view[:size])
    except OSError:
        return ""
    return hexlify(state.digest()).decode()


def digests(*paths):
    tell([digest(path) for path in paths])


def files(folder):
    """The files below a folder and their bytes, a line each, then how many they are."""
    count = 0
    for path, size in below(folder):
        tell([path, size])
        count += 1
    tell(count)


def below(folder):
    try:
        entries = list(os.ilistdir(folder))
    except OSError:
        return
    for entry in entries:
        path = folder + "/" + entry[0]
        if entry[1] & FOLDER:
            for inner in below(path):
                yield inner
        else:
            yield path, entry[3]


def remove(*paths):
    for path in paths:
        try:
            os.remove(path)
        except OSError as error:
            if error.args[0] != 2:  # ENOENT: done before
                raise


def clear(folder):
    """Remove the folders below this one that are empty."""
    try:
        entries = list(os.ilistdir(folder))
    except OSError:
        return
    for entry in entries:
        if entry[1] & FOLDER:
            inner = folder + "/" + entry[0]
            clear(inner)
            if not list(os.ilistdir(inner)):
                os.rmdir(inner)


def folders(path):
    """Make the folders that a file lies in."""
    at = path.find("/", 1)
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError as error:
            if error.args[0] != 17:  # EEXIST
                raise
        at = path.find("/", at + 1)


def take(path):
    global taken
    folders(path)
    taken = open(path, "wb")


def w(text):
    taken.write(a2b_base64(text))


def taken_whole():
    global taken
    if taken is not None:
        taken.close()
    taken = None


def copy(source, target):
    folders(target)
    piece = bytearray(1024)
    view = memoryview(piece)
    with open(source, "rb") as old, open(target, "wb") as new:
        while True:
            size = old.readinto(piece)
            if not size:
                break
            new.write(view[:size])


def rename(path, to):
    """In one step: after a power cut it is the old file or the new one."""
    os.rename(path, to)


def forget_boots():
    """The boots in vain that boot.py counts are not those of what starts next."""
    import machine

    try:
        memory = machine.RTC().memory
    except AttributeError:
        return
    if bytes(memory())[:4] == RTC_MARK:
        memory(b"")


def restart():
    import machine

    machine.reset()
