#!/usr/bin/env python3
"""No process grows during many small imports, alternately plain ones and upserts with rules, through one worker.

usage: imports.py [IMPORTS]

10,000 imports of ten rows by default.  After every tenth of them the test
reads the private memory and the open files of the launcher and of the worker, at
the end of several imports in a row. The least value is what a process keeps. From
its second reading on, a process must not keep more files (except a few), nor
more memory than a byte for each imported row. All rows must be in the table. (A
worker ends when a sweep of the database is due; another one follows.)
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))
from server import Server

ROWS = 10
SAMPLES = 20            # imports in a row at whose ends a reading looks
FILES = 16              # more or fewer tables and indexes may happen to be open
NAMES = ("launcher", "worker")
SETTINGS = "fsync = off\npg_xlsx.max_workers = 1\nshared_buffers = 64MB\n"

SETUP = f"""
CREATE EXTENSION pg_xlsx;
CREATE TABLE people (name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL);
CREATE TABLE members (name text, gender text, bio_id text PRIMARY KEY);
SELECT xlsx.create_profile('people', 'people'), xlsx.create_profile('members', 'members');
SELECT xlsx.alter_profile('members', mode => 'upsert'), xlsx.add_rule('members', 'expression', argument => '{{length(name) > 1}}'),
  xlsx.set_column('members', 'gender', transform => 'upper(gender)');
CREATE TABLE book AS SELECT xlsx.write('SELECT ''Name '' || i AS name, ''F'' AS gender, i::text AS bio_id FROM generate_series(1, {ROWS}) AS i') AS data;
"""

PIDS = "SELECT string_agg(pid::text, ',' ORDER BY backend_type) FROM pg_stat_activity WHERE backend_type IN ('pg_xlsx launcher', 'pg_xlsx worker')"


def own_kb(pid):
    """Without shared memory, whose pages count as private where nobody else has touched them."""
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous"))


def sample(server, tasks):
    """{name: (pid, least own kB, open files)}"""
    kept = {}
    for task in tasks:
        server.sql(f"SELECT xlsx.wait({task})")
        for name, pid in zip(NAMES, server.sql(PIDS).split(",")):
            try:
                found = own_kb(pid), len(os.listdir(f"/proc/{pid}/fd"))
            except (FileNotFoundError, ProcessLookupError):
                continue        # it has just ended
            kept.setdefault((name, int(pid)), []).append(found)
    return {name: (pid, min(kb for kb, _ in found), min(files for _, files in found)) for (name, pid), found in kept.items()}


def growth(samples, imports):
    """What has grown while a process lived, in words."""
    for name in NAMES:
        lives = {}
        for found in samples:
            if name in found:
                lives.setdefault(found[name][0], []).append(found[name][1:])
        for pid, life in lives.items():
            (first, first_files), (last, last_files) = life[min(1, len(life) - 1)], life[-1]
            if last - first > imports * ROWS // 1024:
                yield f"{name} {pid} had {first} kB, and has {last} kB"
            if last_files > first_files + FILES:
                yield f"{name} {pid} had {first_files} files open, and has {last_files}"


def main(imports=10000):
    imports = int(imports)
    server = Server("soak-imports", SETTINGS)
    try:
        server.sql(SETUP)
        last = int(server.sql("SELECT max(xlsx.submit(CASE i % 2 WHEN 0 THEN 'people' ELSE 'members' END, data))"
                              f" FROM book, generate_series(1, {imports}) AS i"))
        samples = []
        for tenth in range(1, 10):
            at = last - imports + imports * tenth // 10
            samples.append(sample(server, range(at, at + SAMPLES)))
            print(f"{imports * tenth // 10}: " + "; ".join(
                f"{name} {pid} {kb} kB, {files} files" for name, (pid, kb, files) in samples[-1].items()), flush=True)
        server.sql(f"SELECT xlsx.wait({last})")
        wrong = list(growth(samples, imports))
        done = server.sql("SELECT count(*), (SELECT count(*) FROM people) FROM xlsx.tasks WHERE status = 'COMPLETED'")
        if done != f"{imports}|{imports // 2 * ROWS}":
            wrong.append(f"completed tasks and rows: {done}")
    finally:
        server.remove()
    print("\n".join(wrong + [f"{3 - min(len(wrong), 3)} passed, {len(wrong)} failed, 0 skipped"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
