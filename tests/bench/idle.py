#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Idle wake-ups: voluntary context switches of the init over a time in which nothing happens.

    idle.py --reinit PATH [--seconds 130]

130 seconds, because an event loop may have a slow heartbeat of its own: Debian's libev wakes every 59.8 s,
which a short test cannot see. All contestants idle side by side in the same run.
"""
import argparse, os, shutil, signal, subprocess, sys, tempfile, time


def children(pid):
    try:
        return [int(x) for x in open(f"/proc/{pid}/task/{pid}/children").read().split()]
    except OSError:
        return []


def switches(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("voluntary_ctxt_switches"):
            return int(line.split()[1])
    raise SystemExit(f"idle.py: no context switches for {pid}")


def start(argv):
    proc = subprocess.Popen(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"] + argv,
                            stdin=subprocess.DEVNULL, start_new_session=True)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for init in children(proc.pid):
            if children(init):
                return proc, init
        time.sleep(0.01)
    raise SystemExit("idle.py: the init did not start: " + " ".join(argv))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reinit", required=True)
    parser.add_argument("--seconds", type=float, default=130)
    args = parser.parse_args()
    work = tempfile.mkdtemp(prefix="reinit-idle.")
    watches = []
    for n in range(20):
        path = os.path.join(work, f"w{n}")
        os.mkdir(path)
        open(os.path.join(path, "key"), "w").write(str(n))
        watches += ["--watch", path]
    child = ["sleep", "100000"]
    table = {"reinit, no watch": [args.reinit, "--"] + child,
             "reinit, 1 watch": [args.reinit, "--log-level", "error"] + watches[:2] + ["--"] + child,
             "reinit, 20 watches": [args.reinit, "--log-level", "error"] + watches + ["--"] + child}
    for peer in ("tini", "dumb-init", "catatonit"):
        if shutil.which(peer):
            table[peer] = [peer, "--"] + child
    running = {}
    try:
        for name, argv in table.items():
            running[name] = start(argv)
        time.sleep(2)  # let every start come to rest before the count begins
        before = {name: switches(init) for name, (_, init) in running.items()}
        time.sleep(args.seconds)
        print(f"wake-ups in {args.seconds:g} s of idling, {time.strftime('%F')}")
        print("| init | wake-ups |\n|---|---|")
        for name, (_, init) in running.items():
            print(f"| {name} | {switches(init) - before[name]} |")
    finally:
        for proc, _ in running.values():
            try:
                os.killpg(proc.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            proc.wait()
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
