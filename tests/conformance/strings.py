# Formatting that texts are made with.
print("%d %05d %x %s %r %3d|%-3d|" % (5, 42, 255, "a", "b", 7, 7))
print("{:02d}:{:02d} {:>5} {:<5}| {:x}".format(3, 7, "ab", "cd", 254))
n, s = 12, "x"
print(f"{n} {s} {n:04d} {n + 1}", f"{s!r}")
print("a,b,,c".split(","), " x y ".split(), "a-b-c".rsplit("-", 1), "abc".find("z"))
print("AbC".upper(), "AbC".lower(), "  t ".strip(), "xxa".lstrip("x"), "a.b".partition("."))
print("é€".encode(), b"\xc3\xa9".decode(), len("é€"), "abc"[1:], "abc"[-2:])
print("ab".replace("a", "z"), "abc".startswith("ab"), "abc".endswith(("c", "d")) if 0 else "-")
print(",".join(str(i) for i in range(4)), "12".isdigit(), "a" < "b", ord("A"), chr(97))
print(int("12"), int("-7"), int("ff", 16), 7 // 2, -7 // 2, -7 % 3, 1 << 40, divmod(7, 2))
print(bytes([65, 66]), bytearray(b"x") + b"y", b"abc"[1], b"a,b".split(b","), b"a" in b"cab")
