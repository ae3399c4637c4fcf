#!/usr/bin/env python3
"""Kills imports at random moments and compares the end with that of an undisturbed run.

usage: torture.py [ROUNDS] [SEED]

Every round submits one workbook, to be saved early or in a phase of its own,
to be read by the same process or by a second one, and strikes once or several
times: at the worker, at the whole server, at the postmaster.  After it the table, the error rows and the counters must be those
of the undisturbed run, and nothing may be left in the stores.  The seed is printed; with it a run can be repeated.
"""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
CLUSTER = os.path.join(ROOT, "test/tools/cluster.sh")
ROWS = 150000
PATIENCE = 120          # seconds until a round counts as hanging

SETUP = """
CREATE EXTENSION pg_xlsx;
CREATE TABLE people (task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL,
  CHECK (bio_id <> 'BIO-0000777'));
CREATE UNIQUE INDEX ON people (task_id, bio_id);
SELECT xlsx.create_profile('people', 'people', 'task_id', '{"bio_id": "Bio-ID"}');
CREATE TABLE book (data bytea);
"""

OUTCOME = """
SELECT json_build_array(t.status, t.total_rows, t.validated_rows, t.saved_rows, t.error_rows, t.progress,
  (SELECT count(*) FROM people WHERE task_id = t.id),
  (SELECT md5(string_agg(name || gender || bio_id, '' ORDER BY bio_id)) FROM people WHERE task_id = t.id),
  (SELECT count(*) FROM xlsx_private.error_row WHERE task_id = t.id),
  (SELECT md5(string_agg(row_number || (violations #- '{0,detail}')::text, '' ORDER BY row_number)) FROM xlsx_private.error_row WHERE task_id = t.id),
  (SELECT count(*) FROM xlsx_private.packet), (SELECT count(*) FROM xlsx_private.chunk),
  (SELECT count(*) FROM xlsx_private.file))
FROM xlsx.tasks t WHERE id = %s
"""


class Server:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="pg_xlsx-torture.")
        self.start()

    def start(self):
        settings = "fsync = off\nlog_min_messages = fatal\n"
        deadline = time.monotonic() + PATIENCE
        # After the postmaster was killed its orphans hold the shared memory until they notice.
        while subprocess.run([CLUSTER, "start", self.directory] + self.port(), input=settings, text=True,
                             stderr=subprocess.DEVNULL).returncode != 0:
            if time.monotonic() > deadline:
                sys.exit("the server does not start")

    def port(self):
        try:
            return [dict(line.strip().split("=") for line in open(f"{self.directory}/env"))["PGPORT"]]
        except FileNotFoundError:
            return []

    def sql(self, statement, check=True):
        done = subprocess.run(["psql", "-XAtq", "-h", "127.0.0.1", "-p", self.port()[0], "-U", "postgres", "-d", "postgres",
                               "-v", "ON_ERROR_STOP=1", "-c", statement], capture_output=True, text=True)
        if check and done.returncode != 0:
            raise ConnectionError(done.stderr)
        return done.stdout.strip()

    def patient_sql(self, statement):
        """For when the server may be on its way up."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.sql(statement)
            except ConnectionError:
                if time.monotonic() > deadline:
                    raise

    def workers(self):
        return [int(pid) for pid in self.sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker'",
                                             check=False).split()]

    def postmaster(self):
        return int(open(f"{self.directory}/data/postmaster.pid").readline())

    def remove(self):
        subprocess.run([CLUSTER, "remove", self.directory], stderr=subprocess.DEVNULL)


def signal_worker(number):
    def blow(server):
        for pid in server.workers():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
    return blow


def call_on_worker(function):
    return lambda server: server.sql(
        f"SELECT {function}(pid) FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker'", check=False)


def stop_server(mode):
    def blow(server):
        subprocess.run([CLUSTER, "stop", server.directory, mode], check=True)
        server.start()
    return blow


def kill_postmaster(server):
    os.kill(server.postmaster(), signal.SIGKILL)
    server.start()


BLOWS = {
    "SIGKILL of the worker": signal_worker(signal.SIGKILL),
    "SIGTERM of the worker": signal_worker(signal.SIGTERM),
    "pg_terminate_backend": call_on_worker("pg_terminate_backend"),
    "pg_cancel_backend": call_on_worker("pg_cancel_backend"),
    "immediate stop": stop_server("immediate"),
    "fast stop": stop_server("fast"),
    "SIGKILL of the postmaster": kill_postmaster,
}


def settle(server, task):
    """The task's end; one that a blow cancelled is retried."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        status = server.patient_sql(f"SELECT xlsx.wait({task}, '5 s')")
        if status == "CANCELLED":
            server.patient_sql(f"SELECT xlsx.retry({task}) WHERE EXISTS"
                               f" (SELECT FROM xlsx.tasks WHERE id = {task} AND status = 'CANCELLED')")
        elif status not in ("PENDING", "PROCESSING"):
            return
    sys.exit(f"task {task} does not end: " + server.patient_sql(f"SELECT t FROM xlsx_private.task t WHERE id = {task}"))


def outcome(server, task):
    return json.loads(server.patient_sql(OUTCOME % task))


def submit(server):
    return server.patient_sql("SELECT xlsx.submit('people', data) FROM book")


def run_round(server, dice, duration):
    """Returns the blows and what came of it."""
    way = {setting: dice.choice(("on", "off")) for setting in ("save_early", "read_ahead")}
    for setting, value in way.items():
        server.patient_sql(f"ALTER ROLE postgres SET pg_xlsx.{setting} = {value}")
    task = submit(server)
    story = []
    for _ in range(dice.choice((1, 1, 2, 3))):
        name = dice.choice(sorted(BLOWS))
        delay = dice.uniform(0, duration)
        time.sleep(delay)       # the moment of the blow is the point of it
        phase = server.sql(f"SELECT coalesce(phase, status) FROM xlsx_private.task WHERE id = {task}", check=False)
        story.append(f"{name} at {phase or 'recovery'}")
        BLOWS[name](server)
    settle(server, task)
    found = outcome(server, task)
    server.patient_sql(f"SELECT xlsx.delete_task({task})")
    return way, story, found


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**9)
    dice = random.Random(seed)
    print(f"torture: {rounds} rounds, seed {seed}", flush=True)
    server = Server()
    failed = 0
    phases = {}
    began = time.monotonic()
    try:
        server.sql(SETUP)
        book = os.path.join(server.directory, "book.xlsx")
        subprocess.run([os.path.join(ROOT, "build/makebook"), "-r", str(ROWS), "-e", "3", book], check=True)
        server.sql(f"INSERT INTO book SELECT pg_read_binary_file('{book}')")
        task = submit(server)
        settle(server, task)
        duration = float(server.sql(f"SELECT extract(epoch FROM completed_at - started_at) FROM xlsx.tasks WHERE id = {task}"))
        undisturbed = outcome(server, task)
        server.sql(f"SELECT xlsx.delete_task({task})")
        print(f"an undisturbed import takes {duration:.2f} s", flush=True)
        for number in range(1, rounds + 1):
            way, story, found = run_round(server, dice, duration)
            for blow in story:
                phases[blow.split(" at ")[1]] = phases.get(blow.split(" at ")[1], 0) + 1
            if found != undisturbed:
                failed += 1
                print(f"not ok {number}: {way}; {'; '.join(story)}\n  {found}\n  {undisturbed}", flush=True)
    finally:
        server.remove()
    print(f"blows fell at {phases}, {time.monotonic() - began:.0f} s")
    print(f"{rounds - failed} passed, {failed} failed, 0 skipped")
    return failed > 0


sys.exit(main())
