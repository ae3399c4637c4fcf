#!/usr/bin/env python3
"""Many small imports at once, beside one COPY each, in one private server.

usage: small.py [TASKS]

Submits TASKS workbooks of 10 rows in one transaction and waits for the last
one to end; then copies the same rows from CSV, one statement and one commit
for each file.  Prints both times, and the memory and descriptors of
the launcher and the workers after a tenth of the tasks and at the end: they must not grow.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
CLUSTER = os.path.join(ROOT, "test/tools/cluster.sh")
ROWS = 10


class Server:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="pg_xlsx-small.")
        subprocess.run([CLUSTER, "start", self.directory], input="max_wal_size = 4GB\n", text=True, check=True)
        self.port = dict(line.strip().split("=") for line in open(f"{self.directory}/env"))["PGPORT"]

    def sql(self, *statements):
        command = ["psql", "-XAtq", "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", "-d", "postgres", "-v", "ON_ERROR_STOP=1"]
        return subprocess.run(command, input=";\n".join(statements) + ";\n", text=True, check=True, stdout=subprocess.PIPE).stdout.strip()

    def held(self, kind):
        """{pid: (kB of private memory, open descriptors)} of the launcher or the workers."""
        found = {}
        for pid in self.sql(f"SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_xlsx {kind}'").split():
            try:
                status = open(f"/proc/{pid}/status").read()
                found[int(pid)] = (int(re.search(r"RssAnon:\s*(\d+)", status).group(1)), len(os.listdir(f"/proc/{pid}/fd")))
            except (OSError, AttributeError):
                pass
        return found

    def remove(self):
        subprocess.run([CLUSTER, "remove", self.directory], stderr=subprocess.DEVNULL)


def imports(server, tasks):
    """Seconds of TASKS imports, and what was held after a tenth and near the end."""
    held = []
    began = time.monotonic()
    server.sql(f"SELECT count(xlsx.submit('people', data)) FROM book, generate_series(1, {tasks})")
    for share in (0.1, 0.95, 1.0):
        while int(server.sql("SELECT count(*) FROM xlsx.tasks WHERE status NOT IN ('PENDING', 'PROCESSING')")) < tasks * share:
            time.sleep(0.05)    # a measurement, no test: this is how exact it is
        if share < 1:
            held.append((server.held("launcher"), server.held("worker")))
    return time.monotonic() - began, held


def main():
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    server = Server()
    try:
        book, csv = f"{server.directory}/book.xlsx", f"{server.directory}/book.csv"
        subprocess.run([os.path.join(ROOT, "build/makebook"), "-r", str(ROWS), "-c", csv, book], check=True)
        server.sql("CREATE EXTENSION pg_xlsx", "CREATE TABLE people (name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL)",
                   "CREATE TABLE copied (LIKE people)", "SELECT xlsx.create_profile('people', 'people', headers => '{\"bio_id\": \"Bio-ID\"}')",
                   f"CREATE TABLE book AS SELECT pg_read_binary_file('{book}') AS data")
        seconds, held = imports(server, tasks)
        right = server.sql("SELECT count(*) FROM xlsx.tasks WHERE status = 'COMPLETED' AND saved_rows = 10")
        rows = server.sql("SELECT count(*) FROM people")
        began = time.monotonic()
        server.sql(*[f"COPY copied FROM '{csv}' (FORMAT csv, HEADER)"] * tasks)
        copies = time.monotonic() - began
        print(f"{tasks} imports of {ROWS} rows: {seconds:.2f} s, {tasks / seconds:.0f} tasks per second; {right} of them right, {rows} rows")
        print(f"{tasks} COPY of the same rows: {copies:.2f} s, {tasks / copies:.0f} per second; an import takes {seconds / copies:.1f} times as long")
        for name, early, late in (("launcher", held[0][0], held[1][0]), ("worker", held[0][1], held[1][1])):
            for pid in early.keys() & late.keys():
                print(f"{name}: {early[pid][0]} kB and {early[pid][1]} descriptors after a tenth, {late[pid][0]} kB and {late[pid][1]} near the end")
    finally:
        server.remove()
    return int(right) != tasks or int(rows) != tasks * ROWS


sys.exit(main())
