"""Runs a batch again and again, killed each time at another moment, until it is through.

python fleet_killed.py DB FOLDER PORTS KILLS STEP_MAX SEED prints how often it was killed. A
program of its own, because each run is a fork of it: no thread, no connection lives in it.
"""

import os
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/unit"), str(ROOT / "tests/system")]

from fleet_bench import Bench, open_desk  # noqa: E402
from harness import Rng  # noqa: E402

from kit.fleet import batch  # noqa: E402


def child(db, folder, ports, tell):
    desk = open_desk(db)
    bench = Bench(folder, ports, lambda: os.write(tell, b"."))
    outcome = batch.run(desk, bench, ports, bench, 600)
    os._exit(0 if not outcome.left and not outcome.failed else 1)


def main():
    db, folder, count, kills, step_max, seed = sys.argv[1:]
    ports = [f"port{number}" for number in range(int(count))]
    rng = Rng(int(seed))
    killed = 0
    while True:
        read, write = os.pipe()
        process = os.fork()
        if not process:
            os.close(read)
            child(db, Path(folder), ports, write)
        os.close(write)
        for _ in range(rng.below(int(step_max)) if killed < int(kills) else 1 << 30):
            if not os.read(read, 1):
                break
        if killed < int(kills):
            time.sleep(rng.below(4000) / 1e6)  # anywhere within what it does next
            os.kill(process, signal.SIGKILL)
        os.close(read)
        _, status = os.waitpid(process, 0)
        if not os.WIFSIGNALED(status):
            break
        killed += 1
    print(killed)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
