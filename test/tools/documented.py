#!/usr/bin/env python3
"""Prints the settings that README.md and docs/ list in tables, as JSON: [[name, default], ...].

A row of such a table is | `pg_xlsx.name`, `other_name` | default, other default | meaning |; what stands in parentheses is no default.
"""
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def rows():
    for page in sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]):
        for line in page.read_text().splitlines():
            if re.match(r"\| `pg_xlsx\.[a-z_]+`(, `[a-z_]+`)* \|", line):
                yield [cell.strip() for cell in line.strip("|").split("|")]


def settings():
    for names, defaults, *_ in rows():
        names = re.findall(r"`(?:pg_xlsx\.)?([a-z_]+)`", names)
        defaults = [re.sub(r"\(.*?\)", "", value).strip(" `") for value in defaults.split(",")]
        yield from (["pg_xlsx." + name, value] for name, value in zip(names, defaults, strict=True))


print(json.dumps(list(settings())))
