#!/usr/bin/env python3
"""Prints each C function above 60 lines, each C file above 600, and each file name that stands twice in the extension."""
import collections
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_FILE_LINES, MOST_FUNCTION_LINES = 600, 60


def functions(lines):
    """(name, length) of each function: a brace in the first column opens and closes it, with all that stands in between."""
    first = None
    for number, line in enumerate(lines):
        if line == "{":
            first = number
        elif line == "}" and first is not None:
            yield lines[first - 1].split("(")[0], number - first + 1
            first = None


def main():
    for tree in ("extension", "notifier"):
        names = collections.defaultdict(list)
        for path in sorted((ROOT / tree).rglob("*.[ch]")):
            if "node_modules" in path.parts:
                continue
            here = path.relative_to(ROOT)
            names[path.name].append(str(here))
            lines = path.read_text().splitlines()
            if len(lines) > MOST_FILE_LINES:
                print(f"{here} has {len(lines)} lines")
            for name, length in functions(lines):
                if length > MOST_FUNCTION_LINES:
                    print(f"{here}: {name} has {length} lines")
        # The sidecar's two protocols both have packets and call them so.
        for name, paths in names.items() if tree == "extension" else ():
            if len(paths) > 1:
                print(f"{name} is the name of " + " and ".join(paths))
    return 0


if __name__ == "__main__":
    sys.exit(main())
