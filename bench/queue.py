#!/usr/bin/env python3
"""queue.py [--quick] [FILE]: how many tasks a second start and end, by what waits behind them, beside them and before them.

Most tasks are copies of one without a file: they fail as soon as they start, so that what is measured is the queue and not an import.
With FILE, the table becomes the chapter "queue" of it (BENCHMARKS.md).
"""
import argparse
import os
import subprocess
import sys
import time

import chapters
from measure import Server

# Tasks that end are counted for so long.
SECONDS = 10


def say(text):
    print(text, file=sys.stderr, flush=True)


class Queue:
    def __init__(self, server, scale):
        self.server, self.scale = server, scale
        self.rows = []
        server.sql("""CREATE EXTENSION pg_xlsx; CREATE TABLE people (name text);
CREATE ROLE web LOGIN IN ROLE xlsx_notifier; CREATE ROLE ann IN ROLE xlsx_user; GRANT ann TO web; GRANT INSERT ON people TO ann;
SELECT xlsx.create_profile('people', 'people'), xlsx.create_profile('others', 'people');
CREATE TABLE book AS SELECT xlsx.write('SELECT ''Ann'' AS name') AS data; GRANT SELECT ON book TO public;
CREATE FUNCTION add_waiting(wanted text, how_many int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  names text := (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = 'xlsx_private.task'::regclass AND attnum > 0
    AND NOT attisdropped AND attname <> ALL ('{id,file_id,created_at}'));
BEGIN
  EXECUTE format('INSERT INTO xlsx_private.task (%s, created_at) SELECT %s, clock_timestamp() FROM (SELECT * FROM xlsx_private.task
    WHERE status = ''PENDING'' AND profile = %L ORDER BY id DESC LIMIT 1) AS t, generate_series(1, %s)', names, names, wanted, how_many);
END $$""")

    def empty(self):
        self.server.sql("SELECT xlsx.pause()")
        while self.server.sql("SELECT count(*) FROM xlsx_private.task WHERE status = 'PROCESSING'") != "0":
            time.sleep(0.1)
        self.server.sql("""TRUNCATE xlsx_private.task, xlsx_private.job; DELETE FROM xlsx_private.queue_rule WHERE role IS NOT NULL OR profile_id IS NOT NULL OR max_tasks IS NOT NULL;
VACUUM ANALYZE xlsx_private.task""")

    def waiting(self, profile, count):
        self.server.sql(f"SET SESSION AUTHORIZATION web; SET ROLE ann; SELECT xlsx.submit('{profile}', data) FROM book")
        self.server.sql(f"SELECT add_waiting('{profile}', {count})")

    def ended(self):
        return int(self.server.sql("SELECT count(*) FROM xlsx_private.task WHERE completed_at IS NOT NULL"))

    def rate(self, seconds=SECONDS):
        before, began = self.ended(), time.time()
        time.sleep(seconds)
        return (self.ended() - before) / (time.time() - began)

    def add(self, name, rate):
        self.rows.append((name, rate))
        say(f"{name}: {rate:.0f} a second")

    def case(self, name, prepare, waiting=10_000):
        """The rate of tasks of the profile people, after something was done to the queue."""
        self.empty()
        self.waiting("people", waiting)
        prepare()
        self.server.sql("VACUUM ANALYZE xlsx_private.task; SELECT xlsx.resume()")
        time.sleep(1)
        self.add(name, self.rate())

    def held(self, rule):
        self.waiting("others", 100_000 // self.scale)
        self.server.sql(rule)

    def old_snapshot(self):
        """Submits keep as many tasks waiting as there were; the rate at the beginning and at the end."""
        depth, seconds = 75_000 // self.scale, 600 // self.scale
        self.empty()
        self.waiting("people", depth)
        holder = subprocess.Popen(["psql", "-XAtq"], stdin=subprocess.PIPE, text=True, env=self.server.environment, stdout=subprocess.DEVNULL)
        holder.stdin.write("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1;\n")
        holder.stdin.flush()
        self.server.sql("SELECT xlsx.resume()")
        time.sleep(1)
        self.add(f"{depth:,} wait, a snapshot is young", self.rate())
        end = time.time() + seconds
        while time.time() < end:
            time.sleep(1)
            missing = depth - int(self.server.sql("SELECT count(*) FROM xlsx_private.task WHERE status = 'PENDING'"))
            self.server.sql(f"SELECT add_waiting('people', {max(missing, 0)})")
        self.add(f"{depth:,} wait, it is {seconds} s old", self.rate())
        holder.stdin.close()
        holder.wait()

    def many_roles(self):
        roles = 2000 // self.scale
        self.server.sql(f"""DO $$ BEGIN FOR i IN 1 .. {roles} LOOP
EXECUTE format('CREATE ROLE %I LOGIN IN ROLE xlsx_user; GRANT INSERT ON people TO %1$I', 'role' || i); END LOOP; END $$""")
        for name, logins in ((f"one role with {roles:,} imports", ["ann"] * roles), (f"{roles:,} roles with an import each", [f"role{i + 1}" for i in range(roles)])):
            self.empty()
            self.server.sql("ALTER ROLE ann LOGIN;" + ";".join(f"SET SESSION AUTHORIZATION {login}; SELECT xlsx.submit('people', data) FROM book" for login in logins))
            began = time.time()
            self.server.sql("SELECT xlsx.resume()")
            while self.ended() < roles:
                time.sleep(0.1)
            self.add(name, roles / (time.time() - began))

    def many_databases(self):
        databases = 50 // min(self.scale, 10)
        self.empty()
        self.server.sql("DELETE FROM xlsx_private.task")
        names = [f"database{i + 1}" for i in range(databases)]
        quiet = dict(self.server.environment, PGOPTIONS="-c client_min_messages=warning")
        for name in names:
            self.server.sql(f"CREATE DATABASE {name}")
            environment = dict(quiet, PGDATABASE=name)
            subprocess.run(["psql", "-XAtq", "-c", """CREATE EXTENSION pg_xlsx; CREATE TABLE people (name text); SELECT xlsx.create_profile('people', 'people');
SELECT xlsx.pause(); SELECT xlsx.submit('people', xlsx.write('SELECT ''Ann'' AS name')) FROM generate_series(1, 10)"""], env=environment, check=True,
                           stdout=subprocess.DEVNULL)
        began = time.time()
        for name in names:
            subprocess.run(["psql", "-XAtq", "-c", "SELECT xlsx.resume()"], env=dict(self.server.environment, PGDATABASE=name), check=True, stdout=subprocess.DEVNULL)
        left = list(names)
        while left:
            done = subprocess.run(["psql", "-XAtq", "-c", "SELECT count(*) FROM xlsx.tasks WHERE status = 'COMPLETED'"],
                                  env=dict(self.server.environment, PGDATABASE=left[0]), check=True, capture_output=True, text=True).stdout.strip()
            if done == "10":
                left.pop(0)
            else:
                time.sleep(0.1)
        self.add(f"{databases} databases with 10 imports each", 10 * databases / (time.time() - began))

    def measure(self):
        many = 100_000 // self.scale
        self.case("10,000 wait", lambda: None)
        self.case(f"{many:,} wait", lambda: None, many)
        self.case(f"beside {many:,} that are paused", lambda: self.held("SELECT xlsx.pause('others')"))
        self.case(f"{many:,} wait, one at a time (xlsx.limit_tasks)", lambda: self.server.sql("SELECT xlsx.limit_tasks(1, role => 'ann')"), many)
        self.old_snapshot()
        self.many_roles()
        self.many_databases()


def text(server, rows):
    version = server.sql("SELECT current_setting('server_version')")
    lines = [f"## The queue (`make bench-history`)\n\nPostgreSQL {version}, {os.cpu_count()} CPUs. Tasks that start and end in a second. Where imports are not named, the tasks "
             "fail as soon as they start, because they have no file.\n", "| queue | tasks a second |", "|---|---|"]
    return "\n".join(lines + [f"| {name} | {rate:.0f} |" for name, rate in rows]) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a tenth of the tasks, roles, databases and time")
    parser.add_argument("file", nargs="?")
    options = parser.parse_args()
    server = Server()
    try:
        queue = Queue(server, 10 if options.quick else 1)
        queue.measure()
        result = text(server, queue.rows)
    finally:
        server.remove()
    print(result)
    if options.file:
        chapters.put(options.file, "queue", result)


if __name__ == "__main__":
    main()
