# An exception that leaves main.py is reported; the board then sits at its REPL.
# world: until 5000
import sys

print("before")
try:
    raise KeyError("k")
except KeyError as error:
    print(type(error).__name__, error.args)


def generator():
    try:
        while True:
            got = yield 1
            print("got", got)
    finally:
        print("closed")


g = generator()
next(g)
g.send(5)
g.close()
try:
    next(g)
except StopIteration:
    print("StopIteration")
print(sys.byteorder, sys.implementation.name)
raise RuntimeError("the end")
