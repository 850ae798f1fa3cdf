"""A PostgreSQL server of one's own for the length of a test: a socket in a temporary folder.

Separate because a server must be ended by whoever began it. It refuses to run as root, so as root
it runs as Debian's user `postgres`.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from tools.require_postgres import programs

ROLE = "desk"


@contextmanager
def cluster():
    """Gives a function of a name that makes an empty database and returns its URL."""
    folder = Path(mkdtemp(prefix="galet-pg-", dir="/tmp"))  # a socket's path has 107 characters
    user = pwd.getpwnam("postgres").pw_name if os.getuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user, user)
    server = None
    try:
        _initialise(folder, user)
        server = _start(folder, user)
        yield lambda name: _database(folder, name)
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # a fast shutdown
            server.wait(60)
        shutil.rmtree(folder)


def _initialise(folder, user):
    settings = ["-U", ROLE, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    command = [programs() / "initdb", "-D", folder / "data", *settings]
    subprocess.run(command, user=user, cwd=folder, check=True, capture_output=True)


def _start(folder, user):
    """Durability is off: the tests kill its clients, not the server."""
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": folder,
        "fsync": "off",
        "max_connections": 20,
        "shared_buffers": "16MB",
        "logging_collector": "off",
    }
    options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    with open(folder / "log", "wb") as log:
        command = [programs() / "postgres", "-D", folder / "data", *options]
        server = subprocess.Popen(command, user=user, cwd=folder, stdout=log, stderr=log)
    for _ in range(600):
        if server.poll() is not None:
            break
        ready = [programs() / "pg_isready", "-q", "-h", folder]
        if subprocess.run(ready, check=False).returncode == 0:
            return server
        time.sleep(0.1)
    server.kill()
    server.wait()
    raise RuntimeError((folder / "log").read_text())


def _database(folder, name):
    command = [programs() / "createdb", "-h", folder, "-U", ROLE, name]
    subprocess.run(command, check=True, capture_output=True)
    return f"postgresql://{ROLE}@/{name}?host={folder}"
