# Modules that a board has not.
MISSING = (
    "dataclasses enum typing abc functools contextlib logging unittest __future__ threading "
    "subprocess pathlib datetime itertools operator queue tempfile shutil decimal fractions "
    "statistics string textwrap traceback warnings weakref inspect copy pickle secrets ctypes"
).split()
print(len(MISSING))
for name in MISSING:
    try:
        __import__(name)
        print("has", name)
    except ImportError as error:
        print(name, error)
for name in ("simulator", "tests", "tools", "numpy", "pytest", "littlefs"):
    try:
        __import__(name)
        print("has", name)
    except ImportError:
        print("no", name)
PRESENT = "array binascii collections errno gc hashlib heapq io json machine math micropython os"
for name in (PRESENT + " random re select struct sys time esp32 network").split():
    print(name, __import__(name).__name__ == name)
try:
    from machine import Nothing  # noqa: F401
except ImportError:
    print("ImportError")
