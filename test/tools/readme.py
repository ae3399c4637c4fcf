#!/usr/bin/env python3
"""Runs the ```sql and ```sh blocks of README.md as a stranger pastes them, in the order in which they stand.

The blocks run in the folder of a copy of the tree, where `make demo` among them starts a demo: all ```sql blocks in one psql
session on the demo's database, each ```sh block in a shell of its own. Then the ```sql blocks run once more in a new database,
each in a session of its own. What the demo had before it has afterwards.
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
# A fence without one of these words would run nowhere.
LANGUAGES = {"sql", "sh", "js", "ini", "text"}
MARK = "-- end of block"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


class Stranger:
    """A clone, a shell and psql."""

    def __init__(self, directory):
        self.clone = directory / "clone"
        shutil.copytree(ROOT, self.clone, symlinks=True, ignore=lambda folder, names: {".git", ".demo"} & set(names))
        # A request that is refused is a block that failed.
        (directory / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
        self.environment = dict(os.environ, CURL_HOME=str(directory), DEMO_PORT=free_port(), DEMO_PGPORT=free_port(), PAGER="cat")
        for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
            self.environment.pop(name, None)
        self.session = None

    def shell(self, block):
        """None, or what it printed when it failed."""
        result = subprocess.run(["sh", "-e", "-c", block], cwd=self.clone, env=self.environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return None if result.returncode == 0 else result.stdout

    def has_demo(self):
        return (self.clone / ".demo/env").exists()

    def url(self, database="postgres"):
        settings = (self.clone / ".demo/env").read_text()
        return re.search("^DATABASE_URL=(.*)$", settings, re.M)[1].rsplit("/", 1)[0] + "/" + database

    def psql(self, script, database="postgres", options=("-v", "ON_ERROR_STOP=1")):
        return subprocess.run(["psql", "-X", *options, self.url(database)], cwd=self.clone, env=self.environment, text=True,
                              input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def ask(self, query):
        return self.psql(query, options=("-Atq", "-v", "ON_ERROR_STOP=1")).stdout

    def paste(self, block):
        """Into the one session on the demo's database; None, or what it printed when something failed."""
        if self.session is None:
            self.session = subprocess.Popen(["psql", "-X", self.url()], cwd=self.clone, env=self.environment, text=True,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.session.stdin.write(f"{block}\n\\echo {MARK}\n")
        self.session.stdin.flush()
        output = ""
        for line in self.session.stdout:
            if line.strip() == MARK:
                break
            output += line
        else:
            output += "ERROR: psql ended"
        return output if re.search(r"^ERROR:|\berror:|unrecognized|invalid command", output, re.M) else None

    def leave(self):
        if self.session is not None:
            self.session.communicate()
        return self.shell("make -s demo-stop")


# What a visitor must leave as it was.
BELONGINGS = """
SELECT 'table', count(*), md5(string_agg(p::text, ',' ORDER BY id)) FROM people p;
SELECT 'profile', name, target FROM xlsx.profiles ORDER BY 2;
SELECT 'task', id, status FROM xlsx.tasks WHERE id = 1;
SELECT 'relation', oid::regclass FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 2;
SELECT 'large object', oid FROM pg_largeobject_metadata;
SELECT 'rule', count(*) FROM xlsx.limits;
SELECT 'schedule', count(*) FROM xlsx.schedules;
"""


def failed(kind, number, block, output):
    return f"README.md, block {number} ({block.splitlines()[0]}) {kind}\n{output}"


def run_blocks(stranger, blocks):
    """In order; yields what failed, or None, for each."""
    before = None
    for number, (language, block) in enumerate(blocks, 1):
        if language == "sql" and not stranger.has_demo():
            yield failed("comes before the demo", number, block, "No block before it runs make demo.")
            return
        if language == "sql" and before is None:
            before = stranger.ask(BELONGINGS)
        output = (stranger.paste if language == "sql" else stranger.shell)(block)
        # What the page tells people to upload is theirs.
        if language == "sh" and "/upload" in block:
            stranger.ask("SELECT count(xlsx.wait(id)), count(xlsx.delete(id)) FROM xlsx.tasks WHERE id > 1 AND profile = 'people'")
        yield output and failed("with the demo", number, block, output)
    after = stranger.ask(BELONGINGS)
    yield None if before == after else f"README.md: the demo is not what it was\n--- before\n{before}\n--- after\n{after}"


def run_in_new_database(stranger, blocks):
    stranger.psql("CREATE DATABASE stranger")
    for number, (language, block) in enumerate(blocks, 1):
        if language == "sql":
            result = stranger.psql(block, "stranger")
            yield failed("in a new database", number, block, result.stdout) if result.returncode != 0 else None


def check():
    """How many blocks passed, and what failed."""
    every = FENCED.findall((ROOT / "README.md").read_text())
    outcomes = [f"README.md: a fence says {language!r}, not one of {sorted(LANGUAGES)}" for language, _ in every if language not in LANGUAGES]
    blocks = [(language, block) for language, block in every if language in ("sql", "sh")]
    directory = pathlib.Path(tempfile.mkdtemp(prefix="pg_xlsx_readme."))
    try:
        stranger = Stranger(directory)
        try:
            outcomes += run_blocks(stranger, blocks)
            if stranger.session is not None:
                outcomes += run_in_new_database(stranger, blocks)
        finally:
            outcomes.append(stranger.leave())
    finally:
        shutil.rmtree(directory)
    failures = [outcome for outcome in outcomes if outcome]
    return len(outcomes) - len(failures), failures


if __name__ == "__main__":
    good, bad = check()
    for failure in bad:
        print("not ok:", failure)
    print(f"{good} passed, {len(bad)} failed, 0 skipped")
    sys.exit(1 if bad else 0)
