#!/usr/bin/env python3
"""Runs the ```sql and ```sh blocks of README.md, and then those of the pages that continue it, as a stranger pastes them.

The blocks run in the folder of a copy of the tree, in the order in which they stand. A block of README.md runs `make demo`. Of each
page all ```sql blocks run in one psql session on the demo's database, each ```sh block in a shell of its own. Then its ```sql blocks run
once more in a new database, each in a session of its own. Each page leaves the demo as it was.
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
PAGES = ("README.md", "docs/sql.md", "docs/frontends.md", "docs/dba.md")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
# A block with another language would not be run.
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
        # A refused request makes its block fail.
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
        """Into the page's session on the demo's database; None, or what it printed when something failed."""
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

    def close_session(self):
        if self.session is not None:
            self.session.communicate()
            self.session = None

    def leave(self):
        self.close_session()
        return self.shell("make -s demo-stop")


# What each page must leave unchanged.
BELONGINGS = """
SELECT 'table', count(*), md5(string_agg(p::text, ',' ORDER BY id)) FROM people p;
SELECT 'profile', name, target FROM xlsx.profiles ORDER BY 2;
SELECT 'task', id, status FROM xlsx.tasks WHERE id = 1;
SELECT 'relation', oid::regclass FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 2;
SELECT 'large object', oid FROM pg_largeobject_metadata;
SELECT 'rule', count(*) FROM xlsx.limits;
SELECT 'schedule', count(*) FROM xlsx.schedules;
"""


class Page:
    def __init__(self, name):
        self.name = name
        every = FENCED.findall((ROOT / name).read_text())
        self.unknown = [language for language, _ in every if language not in LANGUAGES]
        self.blocks = [(language, block) for language, block in every if language in ("sql", "sh")]

    def failed(self, kind, number, block, output):
        return f"{self.name}, block {number} ({block.splitlines()[0]}) {kind}\n{output}"

    def run_on_demo(self, stranger):
        """In order; yields what failed, or None, for each."""
        before = stranger.ask(BELONGINGS) if stranger.has_demo() else None
        for number, (language, block) in enumerate(self.blocks, 1):
            if language == "sql" and not stranger.has_demo():
                yield self.failed("comes before the demo", number, block, "No block before it runs make demo.")
                return
            output = (stranger.paste if language == "sql" else stranger.shell)(block)
            if before is None and stranger.has_demo():
                before = stranger.ask(BELONGINGS)
            # Removes the tasks that the page's uploads made.
            if language == "sh" and "/upload" in block:
                stranger.ask("SELECT count(xlsx.wait(id)), count(xlsx.delete(id)) FROM xlsx.tasks WHERE id > 1 AND profile = 'people'")
            yield output and self.failed("with the demo", number, block, output)
        stranger.close_session()
        after = stranger.ask(BELONGINGS)
        yield None if before == after else f"{self.name}: the demo is not what it was\n--- before\n{before}\n--- after\n{after}"

    def run_in_new_database(self, stranger):
        database = "stranger_" + re.sub(r"\W", "_", self.name).lower()
        stranger.psql(f"CREATE DATABASE {database}")
        for number, (language, block) in enumerate(self.blocks, 1):
            if language == "sql":
                result = stranger.psql(block, database)
                yield self.failed("in a new database", number, block, result.stdout) if result.returncode != 0 else None

    def outcomes(self, stranger):
        for language in self.unknown:
            yield f"{self.name}: a fence says {language!r}, not one of {sorted(LANGUAGES)}"
        yield from self.run_on_demo(stranger)
        if stranger.has_demo():
            yield from self.run_in_new_database(stranger)


def check():
    """How many blocks passed, and what failed."""
    outcomes = []
    directory = pathlib.Path(tempfile.mkdtemp(prefix="pg_xlsx_readme."))
    try:
        stranger = Stranger(directory)
        try:
            for name in PAGES:
                outcomes += Page(name).outcomes(stranger)
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
