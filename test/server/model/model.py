#!/usr/bin/env python3
"""Random sequences of all operations on tasks, compared with a model.

usage: model.py [ROUNDS] [SEED]

A round makes a table and a profile: with or without a key, a column for the
task's number, old values kept, a trigger that leaves rows out.  Then files are
submitted, cancelled at a random row or moment, retried, undone and deleted,
and another session changes rows between and during these operations.  After
each one the table, row by row, and all counts of the task must be those of the
model.  The seed is printed; the seed of round N is the printed one plus N.
"""
import base64
import json
import os
import random
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))
import book
from server import Server
from sheet import IN_ONE_GO, KEYED, WHOLE, Row, Table, Task

SETTINGS = ("shared_preload_libraries = 'pg_xlsx'\nfsync = off\nclient_min_messages = error\npg_xlsx.progress_interval = 0\n"
            "pg_xlsx.retry_delay = 50ms\n")

SETUP = """
CREATE EXTENSION pg_xlsx;
CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.name NOT LIKE 'left%' THEN NEW END; END $$;
CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NULL; END $$;
"""

COUNTS = ("SELECT json_build_object('status', status, 'total', total_rows, 'saved', saved_rows, 'inserted', inserted_rows, 'updated', updated_rows,"
          " 'unchanged', unchanged_rows, 'skipped', skipped_rows, 'errors', error_rows, 'deleted', deleted_rows, 'absent', absent_rows, 'undone', undone,"
          " 'error_rows', (SELECT count(*) FROM xlsx_private.error_row e WHERE e.task_id = t.id), 'message', error_message)"
          " FROM xlsx_private.task t WHERE id = {0}")


# What is told of each row. Once a row was taken back, only those with errors are told; an attempt that begins anew tells all again.
TOLD = ("SELECT format('task %s tells %s, and counts %s', t.id, r.told, c.counted) FROM xlsx_private.task t,"
        " LATERAL (SELECT concat_ws(' ', count(*) FILTER (WHERE action = 'inserted'), count(*) FILTER (WHERE action = 'updated'),"
        "  count(*) FILTER (WHERE action = 'unchanged'), count(*) FILTER (WHERE action = 'skipped'), count(*) FILTER (WHERE action = 'deleted')) AS told FROM xlsx.task_rows(t.id)) AS r,"
        " LATERAL (SELECT CASE WHEN t.undone_rows > 0 THEN '0 0 0 0 0'"
        "  ELSE concat_ws(' ', t.inserted_rows, t.updated_rows, t.unchanged_rows, t.skipped_rows, t.deleted_rows) END AS counted) AS c"
        " WHERE t.id = {0} AND r.told <> c.counted")


class Wrong(Exception):
    """What the database says is not what the model says."""


class Round:
    def __init__(self, server, seed):
        self.random, self.session, self.holder = random.Random(seed), server.session(), server.session()
        chance, choice = self.chance, self.random.choice
        self.has_key = chance(.7)
        self.has_column = chance(.7)
        self.keeps_old = chance(.5)
        self.tells = chance(.6)
        self.table = Table(self.has_key, chance(.3))
        self.modes = ["insert", *WHOLE] + list(KEYED) * 2 * self.has_key
        self.tasks, self.log, self.next_key = {}, [], 10 ** 6
        self.partitioned = chance(.3)
        self.sizes = [choice([3, 60, 999, 2500]) for _ in range(3)]
        self.make()

    def chance(self, share):
        return self.random.random() < share

    def sql(self, script):
        return self.session.sql(script)

    def make(self):
        columns = ("id int" + " PRIMARY KEY" * self.has_key + ", name text NOT NULL CHECK (name <> 'refused'), note text DEFAULT 'none', task bigint")
        sql = "DROP TABLE IF EXISTS t CASCADE; SELECT xlsx.drop_profile(name) FROM xlsx.profiles;"
        if self.partitioned:
            sql += (f"CREATE TABLE t ({columns}) PARTITION BY RANGE (id); CREATE TABLE low PARTITION OF t FOR VALUES FROM (MINVALUE) TO (500);"
                    "CREATE TABLE high PARTITION OF t FOR VALUES FROM (500) TO (MAXVALUE);")
        else:
            sql += f"CREATE TABLE t ({columns});"
        if self.table.left_out:
            sql += "CREATE TRIGGER leave_out BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION leave_out();"
        column = ", task_column => 'task'" * self.has_column
        self.sql(sql + f"SELECT xlsx.create_profile('t', 't'{column}); SELECT xlsx.set_column('t', 'note', source => 'none');"
                 + ("" if self.has_column else "SELECT xlsx.set_column('t', 'task', source => 'none');")
                 + f"SELECT xlsx.alter_profile('t', keep_old => {self.keeps_old}, scope => 'true', keep_rows => {self.tells}{', key_columns => $${id}$$' * self.has_key});")
        self.user_inserts(self.random.choice([0, 5, 50]), range(1, 400))

    # Somebody else

    def user_inserts(self, count, keys):
        keys = [key for key in self.random.sample(list(keys), min(count, len(keys))) if not self.table.find(key)]
        for key in keys:
            self.table.rows.append(Row(key, f"mine {key}", None, 0))
        if keys:
            self.sql(f"INSERT INTO t SELECT k, 'mine ' || k FROM unnest('{{{','.join(map(str, keys))}}}'::int[]) AS k")

    def user_changes(self, barred=frozenset()):
        """Changes, deletes and inserts some rows, but not those whose keys an import may be at."""
        rows = [row for row in self.table.rows if row.key not in barred]
        keys = {row.key for row in self.random.sample(rows, min(len(rows), self.random.choice([1, 5, 100])))}
        changed = {key for key in keys if self.chance(.7)}
        self.sql("BEGIN; UPDATE t SET note = note || '+' WHERE id = ANY ('{%s}'); DELETE FROM t WHERE id = ANY ('{%s}'); COMMIT"
                 % (",".join(map(str, changed)), ",".join(map(str, keys - changed))))
        self.table.rows = [row for row in self.table.rows if row.key not in keys - changed]
        for row in self.table.rows:
            if row.key in changed:
                row.note, row.writer = row.note + "+", 0
        self.user_inserts(3, range(self.next_key, self.next_key + 3))
        self.next_key += 3

    # Tasks

    def sheet(self):
        count = self.random.choice(self.sizes)
        bad, twice, left = (self.random.choice([0, 0, .01, .2]) for _ in range(3))
        start, rows = self.random.choice([1, 1, 300]), []
        for i in range(count):
            key = self.random.randint(start, start + i) if self.chance(twice) else start + i
            row = [key, self.random.choice(["a", "b", f"n{i}"]) + "x" * self.random.choice([0, 30])]
            if self.chance(left):
                row[1] = f"left {i}"
            if self.chance(bad):
                row = self.random.choice([["?", "y"], [key, None], [key, "refused"]])
            rows.append(row)
        return rows

    def gate(self, sheet):
        """Lets an import stop at one of these rows, or nowhere."""
        keys = [row[0] for row in sheet if isinstance(row[0], int)]
        if not keys or self.chance(.4):
            return False
        key = self.random.choice(keys)
        self.sql("DROP TRIGGER IF EXISTS stop_here ON t; CREATE TRIGGER stop_here AFTER INSERT OR UPDATE ON t FOR EACH ROW"
                 f" WHEN (NEW.id = {key}) EXECUTE FUNCTION stop_here()")
        self.holder.sql("SELECT pg_advisory_lock(4711)")
        return True

    def run(self, task, start):
        """Starts an attempt and lets it come to an end, its own or a cancelled one."""
        gated = self.gate(task.sheet)
        try:
            start()
            if gated and self.reached(task):
                self.meanwhile(task)
            elif not gated and self.chance(.4):
                time.sleep(self.random.random() * .05)
                self.cancel(task)
        finally:
            self.holder.sql("SELECT pg_advisory_unlock_all()")
        self.sql(f"SELECT xlsx.wait({task.number}, '60 s')")
        self.sql("DROP TRIGGER IF EXISTS stop_here ON t")

    def reached(self, task):
        """Has the import come to the gate, or has it ended before?"""
        for _ in range(600):
            state = self.sql("SELECT coalesce((SELECT 'held' FROM pg_stat_activity WHERE backend_type LIKE 'pg_xlsx%' AND wait_event = 'advisory' LIMIT 1),"
                             f" (SELECT status FROM xlsx.tasks WHERE id = {task.number}))")
            if state == "held":
                return True
            if state not in ("PENDING", "PROCESSING"):
                return False
            time.sleep(.02)
        raise Wrong("the import neither ends nor comes to the row where it is to wait")

    def meanwhile(self, task):
        """Rows before the batch at hand are committed, and anybody's; some imports are cancelled here."""
        if task.mode == "sync":
            if self.chance(.6):
                self.user_changes({row[0] for row in task.sheet})
        elif task.mode not in WHOLE:
            committed = json.loads(self.sql(COUNTS.format(task.number)))
            task.advance(self.table, committed["saved"] + committed["skipped"])
            if self.chance(.6):
                self.user_changes({row[0] for row in task.sheet[task.at:]})
        if self.chance(.6):
            self.cancel(task)

    def cancel(self, task):
        self.log.append("cancel")
        self.sql(f"DO $$ BEGIN PERFORM xlsx.cancel({task.number}); EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END $$")

    def submit(self):
        mode, sheet = self.random.choice(self.modes), self.sheet()
        file = base64.b64encode(book.workbook({"Sheet": [["id", "name"], *sheet]})).decode()
        task = Task(int(self.sql("SELECT last_value + is_called::int FROM xlsx_private.task_id_seq")), sheet, mode, self.has_column, self.keeps_old)
        self.log.append(f"submit {task.number} {mode} {len(sheet)} rows")
        self.tasks[task.number] = task
        self.run(task, lambda: self.sql(f"SELECT xlsx.submit('t', decode('{file}', 'base64'), mode => '{mode}')"))
        self.settle(task)

    def retry(self, task):
        status = json.loads(self.sql(COUNTS.format(task.number)))["status"]
        if status not in ("FAILED", "CANCELLED"):
            return
        self.log.append(f"retry {task.number}")
        if task.refuses_retry():
            self.refused(f"xlsx.retry({task.number})", "stayed when it was undone")
            return
        if task.restart or (status == "FAILED" and not task.settled() and task.counts["errors"]):
            task.begin()
            task.restart = task.undone = False
        self.run(task, lambda: self.sql(f"SELECT xlsx.retry({task.number})"))
        self.settle(task)

    def undo(self, task):
        self.log.append(f"undo {task.number}")
        if not task.can_undo():
            self.refused(f"xlsx.undo({task.number})", "cannot be undone|was undone already")
            return
        expected = task.undo(self.table)
        found = self.sql(f"SELECT undone, kept FROM xlsx.undo({task.number})")
        if found != "%d|%d" % expected:
            raise Wrong(f"undo says {found}, the model {expected}")

    def delete(self, task):
        self.log.append(f"delete {task.number}")
        expected = task.delete(self.table)
        found = self.sql(f"SELECT coalesce(deleted_rows::text, 'None') FROM xlsx.delete({task.number})")
        del self.tasks[task.number]
        if found != str(expected):
            raise Wrong(f"delete says {found}, the model {expected}")

    def refused(self, call, words):
        try:
            self.sql(f"SELECT {call}")
        except RuntimeError as error:
            if any(word in str(error) for word in words.split("|")):
                return
            raise
        raise Wrong(f"{call} is not refused")

    # Comparing

    def settle(self, task):
        """The model goes where the attempt has come to."""
        said = json.loads(self.sql(COUNTS.format(task.number)))
        if task.mode in WHOLE and said["status"] != "CANCELLED":
            task.begin()
            well = task.whole(self.table)
            if well != (said["status"] == "COMPLETED"):
                raise Wrong(f"the task is {said['status']}, the model says that it went {'well' if well else 'wrong'}")
        elif task.mode == "sync" and said["status"] in ("COMPLETED", "HAS_ERRORS"):
            task.begin()
            task.sync(self.table)
        elif task.mode not in IN_ONE_GO:
            task.advance(self.table, None if said["status"] in ("COMPLETED", "HAS_ERRORS") else said["saved"] + said["skipped"])
        if said["status"] in ("COMPLETED", "HAS_ERRORS") and said["errors"] != task.counts["errors"]:
            raise Wrong(f"{said['errors']} rows have errors, in the model {task.counts['errors']}")

    def compare(self):
        found = json.loads(self.sql("SELECT coalesce(json_agg(json_build_array(id, name, note, task)), '[]') FROM t"))
        found = sorted(tuple(row) for row in found) if self.has_column else sorted((*row[:3], None) for row in found)
        if found != sorted(self.table.contents()):
            raise Wrong(f"the table has {len(found)} rows, the model {len(self.table.rows)}; only in one of them:"
                        f" {sorted(set(found) ^ set(self.table.contents()))[:6]}")
        for task in self.tasks.values():
            said = json.loads(self.sql(COUNTS.format(task.number)))
            for name in ("inserted", "updated", "unchanged", "skipped", "absent"):
                if said[name] != task.counts[name]:
                    raise Wrong(f"task {task.number} says {said[name]} {name}, the model {task.counts[name]}: {said}")
            if said["saved"] != task.saved() + said["deleted"]:
                raise Wrong(f"saved is no sum: {said}")
            if said["errors"] != said["error_rows"] or said["undone"] != task.undone:
                raise Wrong(f"errors or undone are not so: {said}")
            told = self.tells and self.sql(TOLD.format(task.number))
            if told:
                raise Wrong(told)
            if said["status"] in ("COMPLETED", "HAS_ERRORS") and not task.restart and said["total"] != said["saved"] + said["skipped"] + said["errors"]:
                raise Wrong(f"total is no sum: {said}")

    def close(self):
        self.session.close()
        self.holder.close()

    def play(self, operations):
        self.submit()
        self.compare()
        for _ in range(operations):
            task = self.random.choice(list(self.tasks.values()) or [None])
            kind = self.random.choice(["submit", "retry", "retry", "undo", "delete", "user", "user"])
            if kind == "submit" or task is None:
                self.submit()
            elif kind == "user":
                self.log.append("user")
                self.user_changes()
            else:
                getattr(self, kind)(task)
            self.compare()


def main(rounds=6, seed=None):
    seed = int(seed) if seed else random.randrange(10 ** 6)
    print(f"seed {seed}", flush=True)
    server, wrong = Server("model", SETTINGS), 0
    try:
        server.sql(SETUP)
        for number in range(seed, seed + int(rounds)):
            game = Round(server, number)
            try:
                game.play(9)
            except (Wrong, RuntimeError) as difference:
                wrong += 1
                print(f"not ok: round {number} (key {game.has_key}, task column {game.has_column}, old values {game.keeps_old},"
                      f" trigger {game.table.left_out}): {', '.join(game.log)}:\n    {difference}", flush=True)
            finally:
                game.close()
    finally:
        server.remove()
    print(f"{int(rounds) - wrong} passed, {wrong} failed, 0 skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
