# random: the sequence of a seed is that of MicroPython.
import random

random.seed(1234)
print([random.getrandbits(32) for _ in range(4)], random.getrandbits(0), random.getrandbits(1))
print([random.randrange(10) for _ in range(12)], random.randint(5, 6), random.choice("abcdef"))
print([random.randrange(3, 100, 7) for _ in range(5)])
for call in (
    lambda: random.randrange(0),
    lambda: random.choice(()),
    lambda: random.getrandbits(33),
):
    try:
        call()
    except (ValueError, IndexError) as error:
        print(type(error).__name__)
random.seed(7)
a = random.getrandbits(16)
random.seed(7)
print(a == random.getrandbits(16), 0 <= random.random() < 1)
