#!/usr/bin/env python3
"""Lists the behaviours of the seed's checklist that no test's name has; prints nothing if each has a test.

A test's name is what it prints when it runs: the title of test() or describe() in test/notifier/process and test/notifier/page, a string of a TAP
test in test/server/t. "S-110 to S-118" stands for all between. The checklist lies beside the tree; without it the program prints one line that says "skipped".
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECKLIST = ROOT.parent / "shared" / "seed-checklist.md"
TITLE = re.compile(r"\b(?:test|describe)(?:\.\w+)?\(\s*(['\"`])(.*?)(?<!\\)\1", re.S)
STRING = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
COMMENT = re.compile(r"^\s*#.*$", re.M)
RANGE = re.compile(r"S-(\d{3})(?: to S-(\d{3}))?")


def numbers(text):
    """Those that a text names, each and by ranges."""
    for first, last in RANGE.findall(text):
        yield from range(int(first), int(last or first) + 1)


def names():
    for path in (*ROOT.glob("test/notifier/process/*.test.js"), *ROOT.glob("test/notifier/page/*.test.js")):
        yield from (title for _, title in TITLE.findall(path.read_text()))
    for path in ROOT.glob("test/server/t/*.pl"):
        yield from STRING.findall(COMMENT.sub("", path.read_text()))


def main():
    if not CHECKLIST.exists():
        print(f"skipped: {CHECKLIST.name} is not there")
        return
    named = {number for name in names() for number in numbers(name)}
    wanted = {int(number) for number in re.findall(r"\bS-(\d{3})", CHECKLIST.read_text())}
    for number in sorted(wanted - named):
        print(f"S-{number:03} stands in no test's name")
    for number in sorted(named - wanted):
        print(f"S-{number:03} stands in a test's name, but not in the checklist")


if __name__ == "__main__":
    sys.exit(main())
