# micropython.schedule runs its function soon, one after the other.
import micropython

seen = []


def second(n):
    seen.append(n)


def first(n):
    micropython.schedule(second, n + 1)
    seen.append(n)


micropython.schedule(first, 1)
for _ in range(20):
    pass
print(seen)
print(micropython.const(5))


@micropython.native
def add(a, b):
    return a + b


print(add(2, 3))
