# SPDX-License-Identifier: MIT
"""A service for tests: writes "ready", then one line per signal it gets, into a file.

    stub.py FILE [--reads PATH] [--exit-on SIGNAL=CODE]... [--stay] [--uid N] [--make PATH] [--listen ADDRESS]
                 [--share FILE NAME] [--exit CODE]

--reads: each line ends with the content of PATH at that moment. TERM ends it with 0 unless said otherwise.
--stay: TERM does not end it. --uid: become that user after FILE has been opened. --make: create PATH when all is
ready, "open" comes just before. --listen: likewise, a path or a port. --share: write "NAME word" into another file
as well, which several stubs may have in common. --exit: end with CODE at once, after "ready".
"""
import os
import signal
import socket
import sys

out = open(sys.argv[1], "a", buffering=1)
reads = None
codes = {signal.SIGTERM: 0}
shared = name_there = make = listen = code_at_once = None
args = sys.argv[2:]
while args:
    option = args.pop(0)
    if option == "--reads":
        reads = args.pop(0)
    elif option == "--exit-on":
        name, code = args.pop(0).split("=")
        codes[signal.Signals["SIG" + name]] = int(code)
    elif option == "--stay":
        codes.pop(signal.SIGTERM, None)
    elif option == "--uid":
        os.setgroups([])
        os.setuid(int(args.pop(0)))
    elif option == "--make":
        make = args.pop(0)
    elif option == "--listen":
        listen = args.pop(0)
    elif option == "--share":
        shared, name_there = open(args.pop(0), "a", buffering=1), args.pop(0)
    elif option == "--exit":
        code_at_once = int(args.pop(0))
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
    if shared:
        shared.write(f"{name_there} {word}\n")


taken = [number for number in signal.valid_signals()
         if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD)]
signal.pthread_sigmask(signal.SIG_BLOCK, taken)
for number in taken:  # SigCgt is to show them as caught
    try:
        signal.signal(number, lambda *_: None)
    except (OSError, ValueError):
        pass
say("ready")
if code_at_once is not None:
    sys.exit(code_at_once)
if listen or make:
    say("open")
if listen:
    unix = listen.startswith("/")
    listener = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(listen if unix else ("127.0.0.1", int(listen)))
    listener.listen()
if make:
    open(make, "w").close()
while True:
    number = signal.sigwait(taken)
    name = signal.Signals(number).name[3:] if number < 32 else f"RTMIN+{number - signal.SIGRTMIN}"
    say(name)
    if number in codes:
        sys.exit(codes[number])
