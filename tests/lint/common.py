# SPDX-License-Identifier: MIT
"""What the lints share: where things are, and how a fault is told."""
import os
import re
import subprocess
import sys

TOP = os.path.abspath(os.environ.get("LINT_TOP", os.path.join(os.path.dirname(__file__), "../..")))
BUILD = os.path.abspath(os.environ.get("LINT_BUILD", os.path.join(TOP, "build/debug")))
MADE = re.compile(r"^(build|build-aux|autom4te\.cache|reinit-[0-9].*|\.git|__pycache__|\.pytest_cache)$")
MADE_FILES = {"configure", "configure~", "Makefile.in", "aclocal.m4"}

faults = []


def fault(path, line, text):
    faults.append(f"{os.path.relpath(path, TOP)}:{line}: {text}")


def finish():
    for text in faults:
        print(text)
    sys.exit(1 if faults else 0)


def files(*roots, ends=("",)):
    """All files below TOP's roots (all of TOP without any) with one of these endings; made ones are left out."""
    found = []
    for root in roots or ("",):
        for directory, names, leaves in os.walk(os.path.join(TOP, root)):
            names[:] = sorted(name for name in names if not MADE.match(name))
            found += [os.path.join(directory, leaf) for leaf in sorted(leaves)
                      if leaf.endswith(ends) and not (os.path.normpath(directory) == TOP and leaf in MADE_FILES)]
    return found


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def lines(path):
    return enumerate(read(path).splitlines(), 1)


def relative(path):
    return os.path.relpath(path, TOP)


class Object:
    """What a compiled file of src defines and needs; .source is its path below TOP."""

    def __init__(self, path):
        self.source = os.path.relpath(path, BUILD)[:-2] + ".c"
        self.defined, self.needed, self.data = set(), set(), set()
        out = subprocess.run(["nm", path], check=True, capture_output=True, text=True).stdout
        for line in out.splitlines():
            kind, name = line.split()[-2:]
            if kind == "U":
                self.needed.add(name)
            elif kind.isupper():
                self.defined.add(name)
            if kind in "bBdDC":
                self.data.add(name)

    def line_of(self, name):
        """The first line of the source that has this word."""
        for number, line in lines(os.path.join(TOP, self.source)):
            if re.search(r"\b" + re.escape(name) + r"\b", line):
                return number
        return 1

    def fault(self, name, text):
        fault(os.path.join(TOP, self.source), self.line_of(name), text)


def objects(*folders):
    """The objects of these folders of src. None at all is a fault of the build, not a clean result."""
    found = []
    for folder in folders:
        directory = os.path.join(BUILD, "src", folder)
        names = [name for name in sorted(os.listdir(directory)) if name.endswith(".o")] \
            if os.path.isdir(directory) else []
        if not names:
            sys.exit(f"no objects in {directory}: build there first")
        found += [Object(os.path.join(directory, name)) for name in names]
    return found


def is_checker(name):
    """Added by the compiler's hardening, not by us."""
    return name == "__stack_chk_fail" or name.endswith("_chk")
