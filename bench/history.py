#!/usr/bin/env python3
"""history.py [--quick] [FILE]: what is read often, after a year and in a young database, side by side.

Makes two databases in one private server, one with 10^3 and one with 10^6 ended tasks (history.sql), and prints medians in
milliseconds. With FILE, the table becomes the chapter "history" of it (BENCHMARKS.md).
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

import chapters
from measure import ROOT, Server

ROUNDS = 11


def say(text):
    print(text, file=sys.stderr, flush=True)


# name, statement, roles that run it. {big}: the task with most error rows, {rows}: their number.
ANYBODY = ("postgres", "sidecar", "tenant_1", "busy", "newcomer", "support")
READERS = ("postgres", "sidecar")
STATEMENTS = (
    ("xlsx.metrics", "SELECT * FROM xlsx.metrics", READERS),
    ("GET /tasks", "SELECT xlsx_rest.rest_tasks(NULL, NULL, NULL)", ANYBODY),
    ("GET /tasks?status=FAILED", "SELECT xlsx_rest.rest_tasks(NULL, NULL, 'FAILED')", ANYBODY),
    ("GET /tasks?status=PROCESSING", "SELECT xlsx_rest.rest_tasks(NULL, NULL, 'PROCESSING')", ANYBODY),
    ("GET /tasks?page=1000", "SELECT xlsx_rest.rest_tasks('1000', NULL, NULL)", ANYBODY),
    ("xlsx.tasks, newest by created_at", "SELECT id, status FROM xlsx.tasks ORDER BY created_at DESC LIMIT 10", ANYBODY),
    ("xlsx.tasks of the last day", "SELECT id, status FROM xlsx.tasks WHERE created_at > now() - interval '1 day' ORDER BY created_at DESC LIMIT 100", ANYBODY),
    ("a task by id", "SELECT xlsx_rest.rest_task('{big}')", ("postgres", "sidecar", "busy")),
    ("errors of {rows} rows, first page", "SELECT xlsx_rest.rest_errors('{big}', '1', '10')", ("postgres", "sidecar", "busy")),
    ("errors of {rows} rows, last page", "SELECT xlsx_rest.rest_errors('{big}', '{last}', '10')", ("postgres", "sidecar", "busy")),
    ("errors of {rows} rows, after a row", "SELECT xlsx_rest.rest_errors('{big}', NULL, '10', '{middle}')", ("postgres", "sidecar", "busy")),
    ("xlsx.task_errors of {rows} rows, after a row", "SELECT * FROM xlsx.task_errors({big}, {middle}) LIMIT 10", ("postgres", "sidecar", "busy")),
    ("errors of {rows} rows, summary", "SELECT xlsx_rest.rest_error_summary('{big}')", ("postgres", "sidecar", "busy")),
    ("GET /profiles", "SELECT xlsx_rest.rest_profiles()", ANYBODY),
)


class Database:
    def __init__(self, server, name, tasks, error_rows, big_errors, roles, profiles):
        self.server, self.name = server, name
        server.sql(f"CREATE DATABASE {name}")
        self.environment = dict(server.environment, PGDATABASE=name)
        began = time.time()
        self.run("-f", ROOT + "/bench/history.sql", *[word for item in dict(tasks=tasks, error_rows=error_rows, big_errors=big_errors, roles=roles,
                 profiles=profiles).items() for word in ("-v", "%s=%s" % item)])
        say(f"{name}: {tasks:,} tasks in {time.time() - began:.0f} s")
        big = self.run("-c", "SELECT max(id) FROM xlsx_private.task")
        rows = int(self.run("-c", f"SELECT sum(row_count) FROM xlsx_private.error_page WHERE task_id = {big}"))
        self.words = {"big": big, "rows": f"{rows:,}", "last": (rows + 9) // 10, "middle": 100001 + big_errors // 2}

    def run(self, *arguments, **more):
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *arguments], env=self.environment, capture_output=True, text=True, **more)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def median(self, role, statement):
        """Of one session that has run it before."""
        script = f"SET SESSION AUTHORIZATION {role};\n{statement.format(**self.words)} \\g /dev/null\n\\timing on\n" + \
            f"{statement.format(**self.words)} \\g /dev/null\n" * ROUNDS
        times = [float(found) for found in re.findall(r"^Time: ([0-9.]+) ms", self.run(input=script), re.M)]
        return statistics.median(times)

    def sweep_ms(self):
        """How long sweeps take that have nothing to do."""
        if self.run("-c", "SELECT count(*) FROM pg_attribute WHERE attrelid = 'xlsx_private.housekeeping'::regclass AND attname = 'sweep_ms'") == "0":
            return None
        times = []
        for _ in range(ROUNDS):
            before = self.run("-c", "SELECT sweeps FROM xlsx_private.housekeeping")
            self.run("-c", "SELECT xlsx_private.wake_queue()")
            while self.run("-c", f"SELECT sweeps > {before} AND sweep_ms IS NOT NULL FROM xlsx_private.housekeeping") != "t":
                time.sleep(0.05)
            times.append(float(self.run("-c", "SELECT sweep_ms FROM xlsx_private.housekeeping")))
        return statistics.median(times)

    def sidecar(self):
        return Sidecar(self)


class Sidecar:
    """The sidecar of a database, as its role."""

    def __init__(self, database):
        environment = database.environment
        address = f"postgresql://sidecar@{environment['PGHOST']}:{environment['PGPORT']}/{database.name}"
        self.process = subprocess.Popen([ROOT + "/build/pg_xlsx_notifier", "--database-url", address, "--port", "0", "--log-level", "error"],
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        self.wait()

    def wait(self):
        while True:
            try:
                return urllib.request.urlopen(self.url + "/readyz").read()
            except urllib.error.HTTPError:
                time.sleep(0.05)

    def median(self, path):
        times = []
        for _ in range(ROUNDS + 1):
            began = time.perf_counter()
            urllib.request.urlopen(self.url + path).read()
            times.append(1000 * (time.perf_counter() - began))
        return statistics.median(times[1:])

    def stop(self):
        self.process.terminate()
        self.process.wait()


def measure(databases):
    """Rows of the table: what, as whom, one median for each database."""
    rows = []
    for name, statement, roles in STATEMENTS:
        for role in roles:
            rows.append((name.format(**databases[-1].words), role, [database.median(role, statement) for database in databases]))
            say(f"{rows[-1][0]:45} {role:10} " + " ".join(f"{figure:10.2f}" for figure in rows[-1][2]))
    rows.append(("a sweep with nothing to do", "", [database.sweep_ms() for database in databases]))
    sidecars = [database.sidecar() for database in databases]
    for path in ("/metrics", "/upload-xlsx/tasks", "/upload-xlsx/tasks?page=1000", "/upload-xlsx/profiles"):
        rows.append((f"HTTP {path}", "sidecar", [sidecar.median(path) for sidecar in sidecars]))
    for sidecar in sidecars:
        sidecar.stop()
    return rows


def figure(ms):
    return "–" if ms is None else f"{ms:.1f}"


def text(server, databases, rows):
    version = server.sql("SELECT current_setting('server_version')")
    lines = [f"## A year of history (`make bench-history`)\n\nPostgreSQL {version}, {os.cpu_count()} CPUs, load of the machine when it ended: {os.getloadavg()[0]:.1f}. Medians of {ROUNDS}, in milliseconds, in a session that has asked before: "
             "in a young database and in an old one of the same server.\n",
             "| what | as | " + " | ".join(database.name for database in databases) + " |", "|---|---|" + "---|" * len(databases)]
    lines += [f"| {name} | {role} | " + " | ".join(figure(ms) for ms in figures) + " |" for name, role, figures in rows]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a twentieth of the history")
    parser.add_argument("file", nargs="?")
    options = parser.parse_args()
    scale = 20 if options.quick else 1
    server = Server()
    try:
        server.sql("ALTER SYSTEM SET pg_xlsx.upload_ttl = '1d'")
        databases = [Database(server, "young", 1000, 16000, 1000, 2000 // scale, 10),
                     Database(server, "old", 1_000_000 // scale, 16_000_000 // scale, 1_000_000 // scale, 2000 // scale, 1000)]
        result = text(server, databases, measure(databases))
    finally:
        server.remove()
    print(result)
    if options.file:
        chapters.put(options.file, "history", result)


if __name__ == "__main__":
    main()
