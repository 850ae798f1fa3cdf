# collections: namedtuples without CPython's extras, deques with a length.
from collections import OrderedDict, deque, namedtuple

P = namedtuple("P", "x y")
Q = namedtuple("Q", ("a", "b"))
p = P(1, 2)
print(p, p.x, p[1], p == (1, 2), Q(b=1, a=2), len(p))
for name in ("_replace", "_make"):
    print(hasattr(p, name))
for call in (lambda: P(1), lambda: P(1, 2, 3), lambda: P(1, z=2)):
    try:
        call()
    except TypeError:
        print("TypeError")
try:
    p.x = 5
except AttributeError:
    print("AttributeError")
try:
    deque()
except TypeError:
    print("TypeError")
d = deque((), 3)
for n in range(5):
    d.append(n)
print(list(d), len(d), d.popleft(), d.pop())
d = deque((), 1, 1)
d.append(1)
try:
    d.append(2)
except IndexError:
    print("IndexError")
o = OrderedDict()
o["z"] = 1
o["a"] = 2
print(list(o.items()))
