# SPDX-License-Identifier: MIT
"""A service for tests: writes "ready", then one line per signal it gets, into a file.

    stub.py FILE [--reads PATH] [--exit-on SIGNAL=CODE]...

--reads: each line ends with the content of PATH at that moment. TERM ends it with 0 unless said otherwise.
"""
import signal
import sys

out = open(sys.argv[1], "a", buffering=1)
reads = None
codes = {signal.SIGTERM: 0}
args = sys.argv[2:]
while args:
    option = args.pop(0)
    if option == "--reads":
        reads = args.pop(0)
    elif option == "--exit-on":
        name, code = args.pop(0).split("=")
        codes[signal.Signals["SIG" + name]] = int(code)
    else:
        raise SystemExit(f"stub.py: unknown option {option}")


def say(word):
    text = ""
    if reads:
        try:
            with open(reads) as file:
                text = " " + file.read().strip()
        except OSError as error:
            text = f" {error.strerror}"
    out.write(word + text + "\n")


taken = [number for number in signal.valid_signals()
         if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD)]
signal.pthread_sigmask(signal.SIG_BLOCK, taken)
for number in taken:  # SigCgt is to show them as caught
    try:
        signal.signal(number, lambda *_: None)
    except (OSError, ValueError):
        pass
say("ready")
while True:
    number = signal.sigwait(taken)
    name = signal.Signals(number).name[3:] if number < 32 else f"RTMIN+{number - signal.SIGRTMIN}"
    say(name)
    if number in codes:
        sys.exit(codes[number])
