# SPDX-License-Identifier: MIT
"""The tables of a plain init: start, system calls, memory, idling, orphans, signals."""
import collections, os, random, re, subprocess, time

from bench import (BenchError, Init, best_peer, children, cpu_ns, fd_count, median, numbers, peers_and_ours, quantile, ratio,
                   run, wait_for)


def start(field, report):
    rounds = 80 if field.quick else 800
    names = list(field.inits)
    text = "".join("\t".join(field.inits[name] + [field.parts["stamp"]]) + "\n" for name in names)
    rows = collections.defaultdict(dict)
    for line in run([field.parts["launch"], str(rounds), str(random.randrange(1 << 30))], 300, text).splitlines():
        number, turn, child, end, cpu, faults, status = map(int, line.split())
        if status != 0:
            raise BenchError(f"{names[number]}: wait status {status}")
        rows[names[number]][turn] = (child / 1e3, end / 1e3, cpu, faults)
    extra = {name: median([row[0] - rows["bare"][turn][0] for turn, row in turns.items()])
             for name, turns in rows.items()}
    whole = {name: median([row[1] - rows["bare"][turn][1] for turn, row in turns.items()])
             for name, turns in rows.items()}
    report.say(f"From clone(CLONE_NEWPID) to the first instruction of the command (static, without libc), and to the end of the\n"
               f"init; {rounds} rounds, in another random order in every round. \"Over bare\" is the median of the differences within "
               "a round.\n")
    report.table(
        ["init", "to the command, µs: median", "p10", "p99", "over bare, µs", "× best peer", "to the end, µs: median",
         "p99", "over bare, µs", "× best peer", "CPU µs", "page faults"],
        [[name, *(f"{x:.0f}" for x in (median(child), quantile(child, .1), quantile(child, .99), extra[name])),
          ratio(extra[name], best_peer(extra)),
          *(f"{x:.0f}" for x in (median(end), quantile(end, .99), whole[name])), ratio(whole[name], best_peer(whole)),
          f"{median(cpu):.0f}", f"{median(faults):.0f}"]
         for name in names for child, end, cpu, faults in [list(zip(*rows[name].values()))]])
    for what, values in (("start: to the command over bare", extra), ("start: to the end over bare", whole)):
        report.figure(what, "µs", peers_and_ours(values))


CALL = re.compile(r"^(\d+)\s+(\w+)\(")


def trace(field, name):
    """(pid, system call) of everything from after the init's own exec on, and where the command's exec is in it."""
    log = os.path.join(field.work, "strace")
    argv = field.inits[name] + [field.parts["stamp"]]
    with open(os.devnull, "w") as null:
        subprocess.run(["strace", "-f", "-qq", "-o", log, "unshare", "--pid", "--fork", *argv], stdout=null, check=True,
                       timeout=60)
    calls, command = [], None
    for line in open(log):
        found = CALL.match(line)
        if found:
            if found[2] == "execve" and argv[0] in line:
                calls = []
                continue
            calls.append((int(found[1]), found[2]))
            if found[2] == "execve" and field.parts["stamp"] in line and line.rstrip().endswith("= 0"):
                command = len(calls)
    if command is None:
        raise BenchError(f"{name}: its command's exec was not seen")
    return calls, command


def syscalls(field, report):
    totals, rows = {}, []
    for name in field.inits:
        if name == "bare":
            continue
        calls, command = trace(field, name)
        parent, child = calls[0][0], calls[command - 1][0]
        before = collections.Counter(pid for pid, _ in calls[:command])
        totals[name] = command
        rows.append((name, before[parent], before[child], sum(pid == parent for pid, _ in calls[command:])))
    report.say("Counted by strace, from after the init's own exec to the command's exec (included). What the init does after the\n"
               "command's exec, until its own end, is in the last column.\n")
    report.table(["init", "of the init", "of the command before its exec", "together", "× best peer", "after"],
                 [[name, own, child, totals[name], ratio(totals[name], best_peer(totals)), after]
                  for name, own, child, after in rows])
    report.figure("system calls before the command's exec", "count", peers_and_ours(totals))


def resting(field):
    """name → argv of every init with one sleeping command, and the reinits with watches."""
    table = {name: argv + [field.parts["pause"]] for name, argv in field.inits.items()}
    dirs = field.watched_dirs(20)
    for name in field.reinits:
        for count in (1, 20):
            label = f"{name}, {count} watch{'es' if count > 1 else ''}"
            table[label] = field.watching(name, dirs[:count]) + [field.parts["pause"]]
    return table


def with_resting(field, measure):
    running = {}
    try:
        for name, argv in resting(field).items():
            running[name] = Init(argv)
            if name != "bare":
                wait_for(lambda: children(running[name].pid), f"{name}'s command")
        time.sleep(1.5)  # a start, and with watches its first reading, comes to rest
        measure({name: init.pid for name, init in running.items()})
    finally:
        for init in running.values():
            init.stop()


def write_back(path):
    """A program that was just built lies dirty in the page cache, and its text would count as private dirty."""
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


def memory(field, report):
    for argv in field.inits.values():
        write_back(argv[0] if argv else field.parts["pause"])

    def measure(pids):
        rows, dirty, rss = [], {}, {}
        for name, pid in pids.items():
            roll, status = numbers(f"/proc/{pid}/smaps_rollup"), numbers(f"/proc/{pid}/status")
            dirty[name], rss[name] = roll["Private_Dirty"], roll["Rss"]
            rows.append([name, roll["Rss"], roll["Pss"], dirty[name], None, roll["Private_Dirty"] + roll["Private_Clean"],
                         status["VmPTE"], fd_count(pid), field.size(name) if name in field.inits else None])
        for row in rows:
            row[4] = ratio(dirty[row[0]], best_peer(dirty))
        report.say("One sleeping command, all inits at the same time; KiB. Only \"private dirty\" does not depend on who else maps the\n"
                   "same libraries. File size without symbols.\n")
        report.table(["init", "RSS", "PSS", "private dirty", "× best peer", "private", "page tables", "descriptors",
                      "file, bytes"], rows)
        for what, values in (("memory: private dirty", dirty), ("memory: RSS", rss)):
            report.figure(what, "KiB", peers_and_ours(values))
        report.figure("file size without symbols", "bytes",
                      peers_and_ours({name: field.size(name) for name in field.inits}))
    with_resting(field, measure)


def idle(field, report):
    seconds = 12 if field.quick else 130

    def measure(pids):
        before = {name: (numbers(f"/proc/{pid}/status")["voluntary_ctxt_switches"], cpu_ns(pid))
                  for name, pid in pids.items()}
        time.sleep(seconds)
        wakes, rows = {}, []
        for name, pid in pids.items():
            wakes[name] = numbers(f"/proc/{pid}/status")["voluntary_ctxt_switches"] - before[name][0]
            rows.append([name, wakes[name], (cpu_ns(pid) - before[name][1]) / 1e3])
        report.say(f"Voluntary context switches in {seconds} s in which nothing happens, side by side. An event loop may have a slow\n"
                   "heartbeat (Debian's libev: 59.8 s), so less than 130 s prove nothing; a watch is polled every 30 s.\n")
        report.table(["init", "wake-ups", "CPU µs"], rows)
        report.figure(f"wake-ups in {seconds} s", "count", peers_and_ours(wakes))
    with_resting(field, measure)


def orphans(field, report):
    turns, total, bursts = (1, 1000, 3) if field.quick else (5, 2000, 8)
    flows, drained = collections.defaultdict(list), collections.defaultdict(list)
    names = [name for name in field.inits if name != "bare"]
    for turn in range(turns):
        for name in random.sample(names, len(names)):
            argv = field.inits[name] + [field.parts["orphans"], str(total), str(bursts)]
            out = run(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"] + argv, 60)
            for words in map(str.split, out.splitlines()):
                (flows if words[0] == "flow" else drained)[name].append([int(word) for word in words[1:]])
    rows, burst_ms, burst_cpu, flow_cpu, flow_ms = [], {}, {}, {}, {}
    for name in names:
        if len(flows[name]) != turns or len(drained[name]) != turns * bursts:
            raise BenchError(f"{name}: orphans did not finish")
        flow_ms[name] = sum(flow[0] for flow in flows[name]) / 1e6
        flow_cpu[name] = sum(flow[1] for flow in flows[name]) / 1e3 / (turns * total)
        burst_ms[name] = median([burst[0] / 1e6 for burst in drained[name]])
        burst_cpu[name] = median([burst[1] / 1e3 / 400 for burst in drained[name]])
        rows.append([name, f"{flow_ms[name]:.0f}", flow_cpu[name], max(flow[2] for flow in flows[name]), burst_ms[name],
                     min(burst[0] / 1e6 for burst in drained[name]), max(burst[0] / 1e6 for burst in drained[name]),
                     burst_cpu[name]])
    for row in rows:
        row.insert(2, ratio(flow_ms[row[0]], best_peer(flow_ms)))
        row.insert(6, ratio(burst_ms[row[0]], best_peer(burst_ms)))
    report.say(f"{turns * total} orphans that end at once, in waves of 100, at most 400 made and not yet reaped, in {turns} turns; and\n"
               f"{turns * bursts} bursts of 400 that wait and are let go together, until the last is reaped. CPU is the init's own.\n")
    report.table(["init", "all, ms", "× best peer", "CPU µs each", "most unreaped", "burst ms: median", "× best peer", "min",
                  "max", "burst CPU µs each"], rows)
    for what, unit, values in (("orphans: flow", "ms", flow_ms), ("orphans: CPU in flow", "µs each", flow_cpu),
                               ("orphans: burst of 400", "ms", burst_ms), ("orphans: CPU in bursts", "µs each", burst_cpu)):
        report.figure(what, unit, peers_and_ours(values))


def signals(field, report):
    samples, burst = (200, 200) if field.quick else (4000, 500)
    names, running, targets = list(field.inits), [], []
    try:
        for number, name in enumerate(names):
            board = os.path.join(field.work, f"board{number}")
            running.append(Init(field.inits[name] + [field.parts["sigtimes"], "catch", board]))
            wait_for(lambda: os.path.exists(board) and any(open(board, "rb").read(4)), f"{name}'s command")
            targets += [str(running[-1].pid), board]
        out = run([field.parts["sigtimes"], "send", str(random.randrange(1 << 30)), str(samples), str(burst)] + targets, 300)
    finally:
        for init in running:
            init.stop()
    times, lost, realtime = collections.defaultdict(list), collections.Counter(), {}
    for words in map(str.split, out.splitlines()):
        if words[0] == "burst":
            realtime[names[int(words[1])]] = int(words[2])
        elif int(words[1]) < 0:
            lost[names[int(words[0])]] += 1
        else:
            times[names[int(words[0])]].append(int(words[1]) / 1e3)
    middle = {name: median(times[name]) for name in names}
    late = {name: quantile(times[name], .99) for name in names}
    report.say(f"kill(init, SIGUSR1) to the handler of its command (bare: to the command itself), {samples} rounds over all, which run side\n"
               f"by side; and how many of {burst} realtime signals sent back to back arrive.\n")
    report.table(["init", "µs: median", "× best peer", "p90", "p99", "× best peer", "lost", "realtime arrived"],
                 [[name, middle[name], ratio(middle[name], best_peer(middle)), quantile(times[name], .9), late[name],
                   ratio(late[name], best_peer(late)), lost[name], f"{realtime[name]} of {burst}"] for name in names])
    for what, values in (("signal: median", middle), ("signal: p99", late)):
        report.figure(what, "µs", peers_and_ours(values))
