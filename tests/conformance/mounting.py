# vfs: mounting anew, formatting a partition, a second mount point.
import os

import esp32
import vfs

part = esp32.Partition.find(1, label="vfs")[0]
with open("/kept", "w") as f:
    f.write("kept")
disk = vfs.VfsLfs2(part, mtime=False)
vfs.umount("/")
vfs.mount(disk, "/")
print(open("/kept").read(), os.listdir("/"))
nvs = esp32.Partition.find(1, label="nvs")[0]
try:
    vfs.VfsLfs2(nvs, mtime=False)
except OSError as error:
    print("OSError", error.errno)
vfs.VfsLfs2.mkfs(nvs)
vfs.mount(vfs.VfsLfs2(nvs, mtime=False), "/nvs")
with open("/nvs/x", "w") as f:
    f.write("there")
print(os.listdir("/nvs"), open("/nvs/x").read(), os.stat("/nvs/x")[6], os.statvfs("/nvs")[2])
for call in (
    lambda: vfs.mount(disk, "/nvs"),
    lambda: vfs.umount("/none"),
    lambda: os.rename("/nvs/x", "/x"),
    lambda: open("/nvs/none"),
):
    try:
        call()
        print("accepted")
    except OSError as error:
        print("OSError", error.errno)
vfs.umount("/nvs")
try:
    os.listdir("/nvs")
except OSError as error:
    print("OSError", error.errno)
