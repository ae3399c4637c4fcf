#!/usr/bin/env python3
"""Prints each include that points up, from a folder to one before it in the order, and each folder that the order lacks.

The order of the folders is the data below, from the top down. A folder knows nothing of the folders above it.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

ORDER = {
    "extension": "workers functions import reading saving validate kept tasks writing check profile files tables pg core".split(),
    "notifier": "api socketio engineio events http db process base".split(),
}

# Files in the top folder itself are above all folders: they start the others.
TOP = ""

# Folders that hold no C.
OTHERS = {"extension": {"install"}, "notifier": {"web", "client", "docs", "node_modules"}}


def upward(top, order):
    """(file, include) pairs of one tree."""
    level = {TOP: 0, **{folder: number for number, folder in enumerate(order, 1)}}
    for path in sorted((ROOT / top).rglob("*.[ch]")):
        folder = path.relative_to(ROOT / top).parts[0] if path.parent != ROOT / top else TOP
        if folder not in level:
            continue
        for include in re.findall(r'^#include "([^"]+)"', path.read_text(), re.M):
            target = include.split("/")[0] if "/" in include else None
            if target in level and level[target] < level[folder]:
                yield str(path.relative_to(ROOT)), include


def main():
    for top, order in ORDER.items():
        folders = {path.name for path in (ROOT / top).iterdir() if path.is_dir()}
        for folder in sorted(folders - set(order) - OTHERS[top]):
            print(f"{top}/{folder} has no place in the order of folders")
        for path, include in upward(top, order):
            print(f'{path} includes "{include}", which stands above it')
    return 0


if __name__ == "__main__":
    sys.exit(main())
