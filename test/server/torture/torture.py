#!/usr/bin/env python3
"""Kills processes at random moments and compares the end with that of an undisturbed run.

usage: torture.py [ROUNDS] [SEED]

Every round imports one workbook in one mode, from the table store or from
Redis, read by one process or by two, submitted in SQL or uploaded through the
sidecar, and kills one process or several: the worker, the server, Redis, the sidecar in
mid-upload.  After it the table, the error rows and the counters must be those
of the undisturbed run, there must be one task, and nothing may be left in the
stores.  The seed is printed; with it a run can be repeated.
"""
import json
import os
import random
import signal
import subprocess
import sys
import time

from processes import Notifier, Redis, Server, PATIENCE, ROOT


ROWS = 100000

# name: mode, table, workbook
MODES = {
    "insert": ("insert", "heap", "errors"),
    "insert into partitions": ("insert", "parts", "errors"),
    "all or nothing": ("all_or_nothing", "whole", "clean"),
    "upsert": ("upsert", "keyed", "errors"),
    "skip": ("skip", "keyed", "errors"),
    "update": ("update", "keyed", "errors"),
    "replace": ("replace", "old", "clean"),
    "sync": ("sync", "synced", "clean"),
    "rows that delete": ("upsert", "deleting", "errors"),
    "dry run": ("dry run", "keyed", "errors"),
}

COLUMNS = "(task_id bigint, name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL, CHECK (bio_id <> 'BIO-0000777'))"

SETUP = f"""
CREATE EXTENSION pg_xlsx;
CREATE TABLE heap {COLUMNS};
CREATE UNIQUE INDEX ON heap (bio_id);
CREATE TABLE parts {COLUMNS} PARTITION BY HASH (bio_id);
CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE keyed {COLUMNS};
ALTER TABLE keyed ADD PRIMARY KEY (bio_id);
CREATE TABLE whole (LIKE keyed INCLUDING INDEXES);
CREATE TABLE old (LIKE keyed INCLUDING INDEXES);
CREATE TABLE synced (LIKE keyed INCLUDING INDEXES);
CREATE TABLE deleting (LIKE keyed INCLUDING ALL);
SELECT xlsx.create_profile(t, t::regclass, 'task_id', '{{"bio_id": "Bio-ID"}}') FROM unnest(ARRAY['heap', 'parts', 'keyed', 'whole', 'old', 'synced', 'deleting']) AS t;
SELECT xlsx.alter_profile(name, keep_rows => true, "returning" => '{{bio_id}}') FROM xlsx.profiles;
SELECT xlsx.alter_profile('synced', scope => 'gender = ''M''', keep_old => true, delete_when => 'bio_id LIKE ''%13''');
SELECT xlsx.alter_profile('deleting', keep_old => true, delete_when => 'bio_id LIKE ''%13''');
CREATE TABLE book (name text, data bytea);
CREATE TABLE before AS SELECT NULL::bigint AS task_id, 'Old ' || i AS name, 'M' AS gender, 'BIO-' || lpad(i::text, 7, '0') AS bio_id
  FROM generate_series(2, {ROWS}, 2) AS i WHERE i <> 777;
"""

# Every table is as if nothing had ever been imported; an upload that broke off would go when its time is over.
RESET = """
SELECT xlsx_rest.upload_remove(id) FROM xlsx_private.file WHERE NOT complete;
TRUNCATE heap, parts, keyed, whole, old, synced, deleting;
INSERT INTO keyed SELECT * FROM before;
INSERT INTO old SELECT * FROM before;
INSERT INTO deleting SELECT * FROM before;
INSERT INTO synced SELECT * FROM before UNION ALL SELECT NULL, 'Gone ' || i, CASE WHEN i > 100 THEN 'M' ELSE 'F' END, 'GONE-' || i FROM generate_series(1, 20000) AS i;
ALTER ROLE postgres RESET ALL;
"""

OUTCOME = """
SELECT json_build_array(t.status, t.error_message, t.total_rows, t.validated_rows, t.saved_rows, t.error_rows, t.warning_rows, t.inserted_rows,
  t.updated_rows, t.unchanged_rows, t.skipped_rows, t.deleted_rows, t.absent_rows, t.progress,
  (SELECT count(*) FROM xlsx_private.undo_row u WHERE u.task_id = t.id),
  (SELECT json_build_array(count(*), count(p.task_id), md5(string_agg(concat(name, gender, bio_id), '' ORDER BY bio_id))) FROM {table} p),
  (SELECT json_build_array(count(*), md5(string_agg(row_number || (violations #- '{{0,detail}}')::text, '' ORDER BY row_number)))
    FROM xlsx_private.error_row WHERE task_id = t.id),
  (SELECT json_build_array(count(*), count(DISTINCT place), md5(string_agg(concat(place, action, returned, old, new), '' ORDER BY place))) FROM xlsx.task_rows(t.id)),
  (SELECT json_build_array('overlapping', count(*)) FROM (SELECT first_row, lag(last_row) OVER (ORDER BY first_row) AS before
    FROM xlsx_private.error_page WHERE task_id = t.id) AS p WHERE first_row <= before),
  (SELECT count(*) FROM xlsx_private.task), (SELECT count(*) FROM xlsx_private.packet), (SELECT count(*) FROM xlsx_private.chunk c WHERE NOT EXISTS (SELECT FROM xlsx_private.file f WHERE f.id = c.file_id)),
  (SELECT count(*) FROM xlsx_private.file WHERE complete))
FROM xlsx_private.task t WHERE id = {task}
"""

# Ends that a blow may bring about, and that are retried then.
PASSING = """
SELECT status = 'CANCELLED' OR status = 'FAILED' AND (error_code = '08006' OR error_message LIKE '%%died %% times in a row%%')
FROM xlsx.tasks WHERE id = %s
"""


def signal_process(kind, number):
    def blow(world):
        for pid in world.server.processes(kind):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
    return blow


def call_on_worker(function):
    return lambda world: world.server.sql(
        f"SELECT {function}(pid) FROM pg_stat_activity WHERE backend_type = 'pg_xlsx worker'", check=False)


def stop_server(mode):
    return lambda world: world.server.restart(mode)


BLOWS = {
    "SIGKILL of the worker": signal_process("worker", signal.SIGKILL),
    "SIGTERM of the worker": signal_process("worker", signal.SIGTERM),
    "pg_terminate_backend": call_on_worker("pg_terminate_backend"),
    "pg_cancel_backend": call_on_worker("pg_cancel_backend"),
    "SIGTERM of the launcher": signal_process("launcher", signal.SIGTERM),
    "immediate stop": stop_server("immediate"),
    "fast stop": stop_server("fast"),
    "SIGKILL of the postmaster": lambda world: world.server.kill(),
    "SIGKILL of Redis": lambda world: world.redis.restart(),
    "SIGKILL of the sidecar": lambda world: world.notifier.restart(),
}


class World:
    def __init__(self):
        self.server = Server()
        self.redis = Redis(self.server.directory)
        self.notifier = Notifier(self.server)
        self.store = "table"
        self.books = {}

    def prepare(self):
        self.server.sql(SETUP)
        for name, errors in (("clean", "0"), ("errors", "3")):
            self.books[name] = os.path.join(self.server.directory, f"{name}.xlsx")
            subprocess.run([os.path.join(ROOT, "build/makebook"), "-r", str(ROWS), "-e", errors, self.books[name]], check=True)
            self.server.sql(f"INSERT INTO book SELECT '{name}', pg_read_binary_file('{self.books[name]}')")

    def use_store(self, store):
        url = self.redis.url if store == "redis" else ""
        self.server.sql(f"ALTER SYSTEM SET pg_xlsx.redis_url = '{url}'")
        self.server.sql("SELECT pg_reload_conf()")
        deadline = time.monotonic() + PATIENCE
        while self.server.sql("SELECT current_setting('pg_xlsx.redis_url')") != url:
            if time.monotonic() > deadline:
                sys.exit("the server does not reload")
        self.store = store

    def submit(self, mode):
        kind, table, book = MODES[mode]
        options = "dry_run => true" if kind == "dry run" else f"mode => '{kind}'"
        return self.server.patient_sql(f"SELECT xlsx.submit('{table}', data, {options}) FROM book WHERE name = '{book}'")

    def upload(self, mode, key, dice):
        """Through the sidecar, which may be killed in mid-upload; the key makes sure that there is one task however often it is tried."""
        kind, table, book = MODES[mode]
        fields = {"profile": table, "idempotencyKey": key}
        fields.update({"dryRun": "true"} if kind == "dry run" else {"mode": kind})
        struck = dice.random() < 0.5
        if struck:
            running = self.notifier.upload(self.books[book], fields, slowly=True)
            time.sleep(dice.uniform(0, 0.6))        # the moment of the blow is the point of it
            self.notifier.restart()
            running.wait()
        deadline = time.monotonic() + PATIENCE
        while True:
            running = self.notifier.upload(self.books[book], fields)
            answer = running.communicate()[0]
            try:
                return str(json.loads(answer)["taskId"]), struck
            except (ValueError, KeyError):
                if time.monotonic() > deadline:
                    sys.exit(f"no upload: {answer}")
                self.notifier.ensure()

    def settle(self, task):
        """The task's end; one that a blow brought about is retried."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.server.patient_sql(f"SELECT xlsx.wait({task}, '5 s')") in ("PENDING", "PROCESSING"):
                continue
            if self.server.patient_sql(PASSING % task) == "f":
                return
            self.server.patient_sql(f"SELECT xlsx.retry({task}) WHERE EXISTS"
                                    f" (SELECT FROM xlsx.tasks WHERE id = {task} AND status IN ('FAILED', 'CANCELLED'))")
        sys.exit(f"task {task} does not end: " + self.server.patient_sql(f"SELECT t FROM xlsx_private.task t WHERE id = {task}"))

    def wait_tidy(self):
        """The file of a completed task goes soon after its end, even if the worker was struck in between."""
        deadline = time.monotonic() + PATIENCE
        while self.server.patient_sql("SELECT count(*) FROM xlsx_private.file WHERE spent") != "0":
            if time.monotonic() > deadline:
                sys.exit("the file of a completed task stays")
            time.sleep(0.05)

    def outcome(self, mode, task):
        self.wait_tidy()
        return json.loads(self.server.patient_sql(OUTCOME.format(table=MODES[mode][1], task=task)))

    def reset(self, mode):
        self.server.patient_sql("SELECT xlsx.delete(id) FROM xlsx.tasks")
        self.server.patient_sql(RESET)

    def undisturbed(self, mode):
        """What must come of a mode, and how long it takes."""
        self.reset(mode)
        task = self.submit(mode)
        self.settle(task)
        seconds = float(self.server.sql(f"SELECT extract(epoch FROM completed_at - started_at) FROM xlsx.tasks WHERE id = {task}"))
        return self.outcome(mode, task), seconds

    def remove(self):
        self.notifier.stop()
        self.redis.stop()
        self.server.remove()


def run_round(world, dice, mode, seconds, number):
    """Returns the blows and what came of it."""
    story = [mode]
    store = dice.choice(("table", "table", "redis"))
    if store != world.store:
        world.use_store(store)
    world.reset(mode)
    if dice.random() < 0.5:
        world.server.patient_sql("ALTER ROLE postgres SET pg_xlsx.read_ahead = off")
        story[0] += ", one process"
    if dice.random() < 0.3:
        task, struck = world.upload(mode, f"round {number}", dice)
        story.append("uploaded" + (" after a SIGKILL of the sidecar in mid-upload" if struck else ""))
    else:
        task = world.submit(mode)
    for _ in range(dice.choice((1, 1, 2, 3))):
        name = dice.choice(sorted(BLOWS if store == "redis" else BLOWS.keys() - {"SIGKILL of Redis"}))
        time.sleep(seconds * dice.random() ** 2)    # and here; early, for checking is quicker than saving
        phase = world.server.sql(f"SELECT coalesce(phase, status) FROM xlsx_private.task WHERE id = {task}", check=False)
        story.append(f"{name} at {phase or 'recovery'}")
        BLOWS[name](world)
    world.settle(task)
    return f"{store}: " + "; ".join(story), world.outcome(mode, task)


def count_blows(counts, story):
    for part in story.split("; ")[1:]:
        for name in part.split(" at "):
            counts[name] = counts.get(name, 0) + 1


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**9)
    dice = random.Random(seed)
    print(f"torture: {rounds} rounds, seed {seed}", flush=True)
    world = World()
    failed = 0
    counts = {}
    undisturbed = {}
    began = time.monotonic()
    try:
        world.prepare()
        names = sorted(MODES)
        dice.shuffle(names)
        for number in range(1, rounds + 1):
            mode = names[number % len(names)]
            if mode not in undisturbed:
                undisturbed[mode] = world.undisturbed(mode)
                print(f"undisturbed {mode}: {undisturbed[mode][1]:.2f} s, {undisturbed[mode][0]}", flush=True)
            expected, seconds = undisturbed[mode]
            story, found = run_round(world, dice, mode, seconds, number)
            count_blows(counts, story)
            if found != expected:
                failed += 1
                print(f"not ok {number}: {story}\n  found    {found}\n  expected {expected}", flush=True)
    finally:
        world.remove()
    print(f"blows: {json.dumps(counts, sort_keys=True)}, {time.monotonic() - began:.0f} s")
    print(f"{rounds - failed} passed, {failed} failed, 0 skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
