# Folders: listing, renaming over a file, what is refused, free space.
import os

os.mkdir("/d")
for name in ("x", "y"):
    with open("/d/" + name, "w") as f:
        f.write(name * 10)
print(sorted(os.listdir("/d")), sorted(os.listdir()), os.getcwd())
print(sorted(os.ilistdir("/d")), sorted(os.ilistdir("/")))
os.rename("/d/x", "/d/y")
print(os.listdir("/d"), open("/d/y").read())
os.rename("/d", "/e")
os.chdir("/e")
print(os.getcwd(), os.listdir(), open("y").read(3))
os.chdir("/")
print(os.stat("/e")[:6], os.stat("/"))  # the size of a folder is whatever was there
for call in (
    lambda: os.mkdir("/e"),
    lambda: os.rmdir("/e"),
    lambda: os.remove("/none"),
    lambda: os.rename("/none", "/z"),
    lambda: os.stat("/none"),
    lambda: os.listdir("/none"),
    lambda: os.chdir("/none"),
    lambda: os.mkdir("/none/deep"),
):
    try:
        call()
        print("accepted")
    except OSError as error:
        print("OSError", error.errno)
os.remove("/e/y")
os.rmdir("/e")
print(os.listdir("/"))
s = os.statvfs("/")
print(s[0], s[1], s[2], s[3], s[9])
with open("/big", "wb") as f:
    for _ in range(20):
        f.write(bytes(1000))
print(os.statvfs("/")[3])
