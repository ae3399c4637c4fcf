#!/usr/bin/env python3
"""Runs the examples of docs/functions, of README.md and of the pages by audience; ends with "N passed, N failed, N skipped".

Each page has a database of its own, in which its ```sql blocks run one after another. What a block prints is compared
with the ```text block behind it; a block without one must run without an error. README.md and the pages that continue it: see readme.py. Every function and view of schema
xlsx must be used by an example. /srv/in stands for a folder of the server with people.xlsx in it.

    docs.py            run them
    docs.py --write    write what the examples print into the pages, for a person to check
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import readme

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted(page for page in (ROOT / "docs" / "functions").glob("*.md") if "```sql" in page.read_text())
FENCED = re.compile(r"^```sql\n(.*?)^```\n(?:\n?```text\n(.*?)^```\n)?", re.M | re.S)
MARK = "-- end of example"


class Cluster:
    def __init__(self):
        self.directory = tempfile.mkdtemp()
        self.script = str(ROOT / "test" / "tools" / "cluster.sh")
        subprocess.run([self.script, "start", self.directory], input="", text=True, check=True)
        with open(os.path.join(self.directory, "env")) as settings:
            self.environment = dict(os.environ, PGOPTIONS="-c timezone=UTC",
                                    **dict(line.strip().split("=", 1) for line in settings))
        config = os.environ.get("PG_CONFIG", "pg_config")
        self.psql = os.path.join(subprocess.check_output([config, "--bindir"], text=True).strip(), "psql")
        self.folder = os.path.join(self.directory, "in")
        os.mkdir(self.folder)
        shutil.copy(ROOT / "test" / "samples" / "people.xlsx", self.folder)
        # The server's user must reach it.
        os.chmod(self.directory, 0o711)
        os.chmod(self.folder, 0o755)
        os.chmod(os.path.join(self.folder, "people.xlsx"), 0o644)
        os.utime(os.path.join(self.folder, "people.xlsx"), (0, 0))

    def run(self, database, script, *options):
        result = subprocess.run([self.psql, "-X", "-d", database, *options], input=script.replace("/srv/in", self.folder),
                                env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return result.stdout.replace(self.folder, "/srv/in")

    def remove(self):
        subprocess.run([self.script, "remove", self.directory], stdout=subprocess.DEVNULL)


def tidy(output):
    """Without what differs each time: notifications name the session that sent them."""
    lines = (line.rstrip() for line in output.splitlines() if not line.startswith("Asynchronous notification"))
    return "\n".join(lines).strip("\n")


def outputs_of(cluster, page, blocks):
    database = "docs_" + page.stem
    cluster.run("postgres", f"CREATE DATABASE {database}")
    script = "CREATE EXTENSION pg_xlsx;\n" + f"\\echo {MARK}\n"
    script += "".join(f"{block}\n\\echo {MARK}\n" for block, _ in blocks)
    return [tidy(output) for output in cluster.run(database, script, "-q").split(MARK + "\n")][1:-1]


def write_page(page, outputs):
    remaining = iter(outputs)

    def filled(match):
        output = next(remaining)
        return f"```sql\n{match[1]}```\n" + (f"\n```text\n{output}\n```\n" if output else "")

    page.write_text(FENCED.sub(filled, page.read_text()))


def check_page(page, blocks, outputs):
    """Names of the examples that fail, with what is wrong."""
    if len(outputs) != len(blocks):
        yield f"{page.name}: psql ended before the last example"
    for number, ((block, expected), output) in enumerate(zip(blocks, outputs), 1):
        where = f"{page.name}, example {number} ({block.splitlines()[0]})"
        if expected:
            if tidy(expected) != output:
                yield f"{where}\n--- expected\n{tidy(expected)}\n--- printed\n{output}"
        elif "ERROR:" in output:
            yield f"{where}\n{output}"


def unused_names(cluster, examples):
    names = cluster.run("docs_" + PAGES[0].stem, """
        SELECT nspname || '.' || proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE nspname IN ('xlsx', 'xlsx_rest')
        UNION SELECT 'xlsx.' || relname FROM pg_class WHERE relnamespace = 'xlsx'::regnamespace AND relkind = 'v' ORDER BY 1""", "-At")
    used = set(re.findall(r"\b((?:xlsx|xlsx_rest)\.\w+)", examples))
    return [name for name in names.split() if name not in used]


# pg_settings.context, in the words of docs/settings.md.
SET_BY = {"sighup": "config", "superuser": "superuser", "user": "anyone"}


def wrong_settings(cluster):
    """Differences between docs/settings.md and the server: which settings there are, and who may set each."""
    page = (ROOT / "docs" / "settings.md").read_text()
    listed = dict(re.findall(r"^\| `(pg_xlsx\.\w+)` \|[^|]*\| (\w+) \|", page, re.M))
    lines = cluster.run("docs_" + PAGES[0].stem, "LOAD 'pg_xlsx'; SELECT name, context FROM pg_settings WHERE name LIKE 'pg_xlsx.%'", "-Atq").split()
    real = {name: SET_BY[context] for name, context in (line.split("|") for line in lines)}
    for name in sorted(listed.keys() | real.keys()):
        if listed.get(name) != real.get(name):
            yield f"settings.md: {name} is set by {listed.get(name)} there, and by {real.get(name)} in the server"


def main():
    writing = "--write" in sys.argv[1:]
    passed, failures = 0, []
    cluster = Cluster()
    try:
        examples = ""
        for page in PAGES:
            blocks = FENCED.findall(page.read_text())
            examples += "".join(block for block, _ in blocks)
            outputs = outputs_of(cluster, page, blocks)
            if writing:
                write_page(page, outputs)
            wrong = list(check_page(page, blocks, outputs))
            failures += wrong
            passed += len(blocks) - len(wrong)
        for name in unused_names(cluster, examples):
            failures.append(f"no example uses {name}")
        failures += wrong_settings(cluster)
    finally:
        cluster.remove()
    if not writing:
        good, bad = readme.check()
        passed += good
        failures += bad
    for failure in failures:
        print("not ok:", failure)
    print(f"{passed} passed, {len(failures)} failed, 0 skipped")
    return 1 if failures else 0


sys.exit(main())
