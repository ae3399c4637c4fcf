"""One round: tables, tasks of all kinds, and what is done to them, each step in the database and in the model."""
import base64
import json
import random
import time

import book
from sheet import ENDED_WELL, IN_ONE_GO, KEYED, WHOLE, File, Row, Set, Table, Task, sortable

COUNTS = ("SELECT json_build_object('status', status, 'total', total_rows, 'saved', saved_rows, 'inserted', inserted_rows, 'updated', updated_rows,"
          " 'unchanged', unchanged_rows, 'skipped', skipped_rows, 'errors', error_rows, 'deleted', deleted_rows, 'absent', absent_rows, 'undone', undone,"
          " 'error_rows', (SELECT count(*) FROM xlsx_private.error_row e WHERE e.task_id = t.id), 'held', held, 'erased', erased_at IS NOT NULL)"
          " FROM xlsx_private.task t WHERE id = {0}")

# What is told of each row. Once a row was taken back, only those with errors are told; an attempt that begins anew tells all again.
TOLD = ("SELECT format('task %s tells %s, and counts %s', t.id, r.told, c.counted) FROM xlsx_private.task t,"
        " LATERAL (SELECT concat_ws(' ', count(*) FILTER (WHERE action = 'inserted'), count(*) FILTER (WHERE action = 'updated'),"
        "  count(*) FILTER (WHERE action = 'unchanged'), count(*) FILTER (WHERE action = 'skipped'), count(*) FILTER (WHERE action = 'deleted')) AS told FROM xlsx.task_rows(t.id)) AS r,"
        " LATERAL (SELECT CASE WHEN t.undone_rows > 0 OR t.erased_at IS NOT NULL THEN '0 0 0 0 0'"
        "  ELSE concat_ws(' ', t.inserted_rows, t.updated_rows, t.unchanged_rows, t.skipped_rows, t.deleted_rows) END AS counted) AS c"
        " WHERE t.id = {0} AND r.told <> c.counted")

TRIES_AGAIN = ("FAILED", "CANCELLED")


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
        self.left_out = chance(.3)
        self.tables = [Table(name, self.has_key, self.left_out) for name in ("t", "u")]
        self.modes = ["insert", *WHOLE] + list(KEYED) * 2 * self.has_key
        self.tasks, self.sets, self.log, self.next_key = {}, {}, [], 10 ** 6
        self.partitioned = chance(.3)
        self.sizes = [choice([3, 60, 999, 2500]) for _ in range(3)]
        self.sql("SELECT xlsx.drop_profile(name) FROM xlsx.profiles")
        for table in self.tables:
            self.make(table)

    def chance(self, share):
        return self.random.random() < share

    def sql(self, script):
        return self.session.sql(script)

    def make(self, table):
        name = table.name
        columns = ("id int" + " PRIMARY KEY" * self.has_key + ", name text NOT NULL CHECK (name <> 'refused'), remark text DEFAULT 'plain',"
                   " note text DEFAULT 'none', task bigint")
        sql = f"DROP TABLE IF EXISTS {name} CASCADE;"
        if self.partitioned:
            sql += (f"CREATE TABLE {name} ({columns}) PARTITION BY RANGE (id);"
                    f"CREATE TABLE low_{name} PARTITION OF {name} FOR VALUES FROM (MINVALUE) TO (500);"
                    f"CREATE TABLE high_{name} PARTITION OF {name} FOR VALUES FROM (500) TO (MAXVALUE);")
        else:
            sql += f"CREATE TABLE {name} ({columns});"
        if self.left_out:
            sql += f"CREATE TRIGGER leave_out BEFORE INSERT OR UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION leave_out();"
        column = ", task_column => 'task'" * self.has_column
        self.sql(sql + f"SELECT xlsx.create_profile('{name}', '{name}'{column}); SELECT xlsx.set_column('{name}', 'note', source => 'none');"
                 + ("" if self.has_column else f"SELECT xlsx.set_column('{name}', 'task', source => 'none');")
                 + f"SELECT xlsx.alter_profile('{name}', keep_old => {self.keeps_old}, scope => 'true', keep_rows => {self.tells}"
                 + ", key_columns => '{id}'" * self.has_key + ");")
        self.user_inserts(table, self.random.choice([0, 5, 50]), range(1, 400))

    # Somebody else

    def user_inserts(self, table, count, keys):
        keys = [key for key in self.random.sample(list(keys), min(count, len(keys))) if not table.find(key)]
        for key in keys:
            table.add(Row(key, f"mine {key}", "plain", None, 0))
        if keys:
            self.sql(f"INSERT INTO {table.name} SELECT k, 'mine ' || k FROM unnest('{{{','.join(map(str, keys))}}}'::int[]) AS k")

    def user_changes(self, table, barred=frozenset()):
        """Changes, deletes and inserts some rows, but not those whose keys an import may be at."""
        rows = [row for row in table.rows if row.key not in barred]
        keys = {row.key for row in self.random.sample(rows, min(len(rows), self.random.choice([1, 5, 100])))}
        changed = {key for key in keys if self.chance(.7)}
        self.sql("BEGIN; UPDATE {0} SET note = note || '+' WHERE id = ANY ('{{{1}}}'); DELETE FROM {0} WHERE id = ANY ('{{{2}}}'); COMMIT"
                 .format(table.name, ",".join(map(str, changed)), ",".join(map(str, keys - changed))))
        table.keep(lambda row: row.key not in keys - changed)
        for row in table.rows:
            if row.key in changed:
                row.note, row.writer = row.note + "+", 0
        self.user_inserts(table, 3, range(self.next_key, self.next_key + 3))
        self.next_key += 3

    def user(self):
        self.log.append("user")
        self.user_changes(self.random.choice(self.tables))

    # Attempts

    def sheet(self):
        count = self.random.choice(self.sizes)
        bad, twice, left, blank = (self.random.choice([0, 0, .01, .2]) for _ in range(4))
        start, rows = self.random.choice([1, 1, 300]), []
        for i in range(count):
            key = self.random.randint(start, start + i) if self.chance(twice) else start + i
            row = [key, self.random.choice(["a", "b", f"n{i}"]) + "x" * self.random.choice([0, 30]), self.random.choice(["plain", "r"])]
            if self.chance(left):
                row[1] = f"left {i}"
            if self.chance(blank):
                row[self.random.choice([1, 2, 2])] = None
            if self.chance(bad):
                row = self.random.choice([["?", "y", "r"], [key, None, "r"], [key, "refused", None]])
            rows.append(row)
        return rows

    def gate(self, task):
        """Lets an import stop at one of its rows, or nowhere."""
        keys = [row[0] for row in task.sheet if isinstance(row[0], int)]
        if not keys or self.chance(.4):
            return False
        self.sql("DROP TRIGGER IF EXISTS stop_here ON {0}; CREATE TRIGGER stop_here AFTER INSERT OR UPDATE ON {0} FOR EACH ROW"
                 " WHEN (NEW.id = {1}) EXECUTE FUNCTION stop_here()".format(task.table.name, self.random.choice(keys)))
        self.holder.sql("SELECT pg_advisory_lock(4711)")
        return True

    def run(self, task, start):
        """Starts an attempt and lets it come to an end, its own or a cancelled one; then those come that wait for it."""
        gated = self.gate(task)
        try:
            start()
            if gated and self.reached(task):
                self.meanwhile(task)
            elif not gated and self.chance(.4):
                time.sleep(self.random.random() * .05)
                self.stop(task)
        finally:
            self.holder.sql("SELECT pg_advisory_unlock_all()")
        self.finish(task)
        self.sql(f"DROP TRIGGER IF EXISTS stop_here ON {task.table.name}")

    def reached(self, task):
        """Has the import come to the gate, or has it ended before?"""
        for _ in range(600):
            state = self.sql("SELECT CASE WHEN status IN ('PENDING', 'PROCESSING') AND EXISTS (SELECT FROM pg_stat_activity a"
                             " WHERE a.pid = t.worker_pid AND a.wait_event = 'advisory') THEN 'stands' ELSE status END"
                             f" FROM xlsx_private.task t WHERE id = {task.number}")
            if state == "stands":
                return True
            if state not in ("PENDING", "PROCESSING"):
                return False
            time.sleep(.02)
        raise Wrong("the import neither ends nor comes to the row where it is to wait")

    def meanwhile(self, task):
        """Rows before the batch at hand are committed, and anybody's; some imports are cancelled here."""
        if task.mode == "sync" and not task.dry:
            if self.chance(.6):
                self.user_changes(task.table, {row[0] for row in task.sheet})
        elif task.mode not in WHOLE and not task.dry:
            committed = self.said(task)
            task.advance(committed["saved"] + committed["skipped"])
            if self.chance(.6):
                self.user_changes(task.table, {row[0] for row in task.sheet[task.at:]})
        if self.chance(.4):
            self.stop(task)

    def stop(self, task):
        """Cancels it, or all of its set, wherever it is by now."""
        number = self.random.choice([task, task.set or task]).number
        self.log.append(f"cancel {number}")
        self.sql(f"DO $$ BEGIN PERFORM xlsx.cancel({number}); EXCEPTION WHEN object_not_in_prerequisite_state THEN NULL; END $$")

    def finish(self, task):
        self.sql(f"SELECT xlsx.wait({task.number}, '60 s')")
        self.settle(task)
        self.ended(task)

    def settle(self, task):
        """The model goes where the attempt has come to."""
        said = self.said(task)
        well = said["status"] in ENDED_WELL
        if task.dry and well:
            task.rehearse()
        elif task.dry:
            pass
        elif task.mode in WHOLE and said["status"] != "CANCELLED":
            task.begin()
            right = task.whole()
            if right != well:
                raise Wrong(f"the task is {said['status']}, the model says that it went {'well' if right else 'wrong'}")
        elif task.mode == "sync" and well:
            task.begin()
            task.sync(task.table)
        elif task.mode not in IN_ONE_GO:
            task.advance(None if well else said["saved"] + said["skipped"])
        if well and (said["errors"] != task.counts["errors"] or (said["status"] == "HAS_ERRORS") != (said["errors"] > 0)):
            raise Wrong(f"task {task.number} is {said['status']} with {said['errors']} errors, in the model {task.counts['errors']}")
        if said["status"] not in (*ENDED_WELL, *TRIES_AGAIN):
            raise Wrong(f"task {task.number} is {said['status']}")
        task.status = said["status"]

    def ended(self, subject):
        """Those that wait for a task or a set start, or are cancelled with it."""
        for late in [task for task in self.tasks.values() if task.waiting and task.after is subject]:
            late.waiting = False
            if subject.status not in ENDED_WELL:
                late.status = "CANCELLED"
                self.ended(late)
            elif not late.held:
                self.finish(late)
        if getattr(subject, "set", None) and subject.set.sum():
            self.ended(subject.set)

    # New tasks

    def new_task(self, dry):
        mode = self.random.choice(self.modes)
        duplicates = [None, None]
        if self.has_key:
            duplicates += ["first", "error"] + ["last"] * (mode in ("upsert", "update", "sync"))
        return Task(self.random.choice(self.tables), self.sheet(), mode, self, self.random.choice(duplicates),
                    self.random.choice(["keep", "keep", "null", "default"]), dry)

    def free_before(self):
        """A task or a set that another one can come after, with which no other one would start."""
        befores = [one for one in [*self.tasks.values(), *self.sets.values()] if not getattr(one, "set", None) and self.nobody_waits(one)]
        return self.random.choice(befores) if befores and self.chance(.4) else None

    def nobody_waits(self, before):
        return not any(task.waiting and task.after is before for task in self.tasks.values())

    def submit(self, dry=.25, held=.2):
        task, before = self.new_task(self.chance(dry)), self.free_before()
        task.held, task.after = self.chance(held), before
        options = [f"{name} => {literal(value)}" for name, value in task.options.items()]
        options += ["hold => true"] * task.held + ([f"after => {before.number}"] if before else [])
        self.log.append(f"submit {task.mode} {len(task.sheet)} rows, {', '.join(options)}")
        call = f"xlsx.submit('{task.table.name}', {workbook([task])}, {', '.join(options)})"
        if before and before.status in TRIES_AGAIN:
            self.refused(call, "cannot start a task after task")
            return
        task.waiting = before is not None and before.active()
        self.begin(task, lambda: self.register(task, self.sql(f"SELECT {call}")))

    def begin(self, task, start):
        """Such a task may start, or has to wait."""
        if task.held or task.waiting:
            start()
        else:
            self.run(task, start)

    def register(self, task, number):
        task.number = int(number)
        self.tasks[task.number] = task
        self.log.append(f"that is {number}")

    def submit_set(self):
        dry, before = self.chance(.15), self.free_before()
        members = [self.new_task(dry), self.new_task(dry)]
        made = Set(members)
        first = members[0]
        if before and before.status not in TRIES_AGAIN:
            first.after, first.waiting = before, before.active()
        described = [{"profile": task.table.name, "sheet": f"Sheet{place}", **{name: value for name, value in task.options.items() if name != "dry_run"}}
                     for place, task in enumerate(members)]
        self.log.append(f"submit set {described}, dry {dry}, after {first.after and first.after.number}")
        after = f", after => {first.after.number}" if first.after else ""

        def start():
            made.number = int(self.sql(f"SELECT xlsx.submit_set({workbook(members)}, $${json.dumps(described)}$$, dry_run => {dry}{after})"))
            self.sets[made.number] = made
            for task, number in zip(members, json.loads(self.sql(f"SELECT json_agg(id ORDER BY id) FROM xlsx.tasks WHERE set_id = {made.number}"))):
                self.register(task, number)
        self.begin(first, start)

    def run_dry(self, task):
        self.log.append(f"run {task.number}")
        now = self.chance(.3)
        call = f"xlsx.run({task.number}, now => {now})"
        why = (not task.dry and "is not a dry run") or (task.status not in ENDED_WELL and "because it is") or (self.last_run(task) and "is imported already") \
            or (task.file.gone and "is not there any more")
        if why:
            self.refused(call, why)
            return
        new = task.for_good()
        if not now:
            self.run(new, lambda: self.register(new, self.sql(f"SELECT {call}")))
            return
        self.register(new, self.sql(f"SELECT {call}"))
        self.finish(new)
        # It has the file of the dry run only if that is of use to it.
        if not (self.tells or new.counts["errors"]):
            new.file = File(gone=True)

    def last_run(self, dry):
        """The task that imports it, or has done so."""
        runs = [task for task in self.tasks.values() if task.run_of is dry and not task.undone
                and (task.saved() + task.counts["absent"] > 0 or task.active() or task.status in ENDED_WELL)]
        return max(runs, key=lambda task: task.number, default=None)

    # What is done to a task

    def release(self, task):
        self.log.append(f"release {task.number}")
        if not task.held or not task.active():
            self.refused(f"xlsx.release({task.number})", "is not held" if task.active() else "because it is")
            return
        task.held = False
        self.begin(task, lambda: self.sql(f"SELECT xlsx.release({task.number})"))

    def cancel(self, task):
        self.log.append(f"cancel {task.number}")
        if not task.active():
            self.refused(f"xlsx.cancel({task.number})", "because it is")
            return
        self.sql(f"SELECT xlsx.cancel({task.number})")
        self.cancelled(task)

    def cancelled(self, task):
        task.status, task.waiting = "CANCELLED", False
        self.ended(task)

    def why_no_retry(self, task, again=()):
        """Why a task cannot be tried again, when those have been before."""
        before = task.after
        return ((task.status not in TRIES_AGAIN and "because it is") or (task.file.gone and "its file has expired")
                or (task.run_of and self.last_run(task.run_of) not in (None, task) and "is imported already")
                or (task.refuses_retry() and "stayed when it was undone")
                or (before and not before.gone and before not in again and before.status in TRIES_AGAIN and "which comes first"))

    def would_start_beside(self, task):
        return task.after and task.after.active() and not self.nobody_waits(task.after)

    def tried_again(self, task):
        task.retried()
        task.waiting = bool(task.after) and not task.after.gone and task.after.active()
        if task.set:
            task.set.sum()

    def retry(self, task):
        why = self.why_no_retry(task)
        if self.would_start_beside(task) or (task.status not in TRIES_AGAIN and self.chance(.7)):
            return
        self.log.append(f"retry {task.number}")
        if why:
            self.refused(f"xlsx.retry({task.number})", why)
            return
        self.tried_again(task)
        self.begin(task, lambda: self.sql(f"SELECT xlsx.retry({task.number})"))

    def undo(self, task):
        self.log.append(f"undo {task.number}")
        if task.active() or not task.can_undo():
            self.refused(f"xlsx.undo({task.number})", "has not ended" if task.active() else "cannot be undone|was undone already")
            return
        expected = task.undo()
        found = self.sql(f"SELECT undone, kept FROM xlsx.undo({task.number})")
        if found != "%d|%d" % expected:
            raise Wrong(f"undo says {found}, the model {expected}")

    def delete(self, task):
        self.log.append(f"delete {task.number}")
        expected = self.forget(task)
        found = self.sql(f"SELECT coalesce(deleted_rows::text, 'None') FROM xlsx.delete({task.number})")
        if found != str(expected):
            raise Wrong(f"delete says {found}, the model {expected}")

    def forget(self, task):
        if task.active():
            self.cancelled(task)
        del self.tasks[task.number]
        if task.set:
            task.set.members.remove(task)
        return task.delete()

    def erase(self, task):
        self.log.append(f"erase {task.number}")
        same = not task.file.gone and any(other.file is task.file and other.active() for other in self.tasks.values())
        if task.active() or same:
            self.refused(f"xlsx.erase({task.number})", "cannot erase")
            return
        self.sql(f"SELECT xlsx.erase({task.number})")
        task.erase()

    # What is done to a set

    def cancel_set(self, made):
        if not made.active():
            self.refused(f"xlsx.cancel({made.number})", "because it is")
            return
        self.sql(f"SELECT xlsx.cancel({made.number})")
        for task in list(made.members):
            if task.active():
                self.cancelled(task)

    def retry_set(self, made):
        again = [task for task in made.members if task.status in TRIES_AGAIN]
        if made.status not in TRIES_AGAIN or not again:
            self.refused(f"xlsx.retry({made.number})", "because it is|because its tasks that did not end well were deleted")
            return
        if self.would_start_beside(again[0]):
            return
        why = [self.why_no_retry(task, again[:place]) for place, task in enumerate(again)]
        if any(why):
            self.refused(f"xlsx.retry({made.number})", next(filter(None, why)))
            return
        for task in again:
            self.tried_again(task)
        self.begin(again[0], lambda: self.sql(f"SELECT xlsx.retry({made.number})"))

    def delete_set(self, made):
        for task in list(made.members):
            if task.active():
                self.cancelled(task)
        gone = [self.forget(task) for task in reversed(list(made.members))]
        gone = [rows for rows in gone if rows is not None]
        expected = sum(gone) if gone else None
        found = self.sql(f"SELECT coalesce(deleted_rows::text, 'None') FROM xlsx.delete({made.number})")
        made.gone = True
        del self.sets[made.number]
        if found != str(expected):
            raise Wrong(f"delete says {found}, the model {expected}")

    def erase_set(self, made):
        busy = any(other.file is task.file and other.active() for task in made.members for other in self.tasks.values())
        if made.active() or busy:
            self.refused(f"xlsx.erase({made.number})", "cannot erase")
            return
        self.sql(f"SELECT xlsx.erase({made.number})")
        for task in made.members:
            task.erase()

    def refuse_set(self, made):
        self.refused(f"xlsx.undo({made.number})", "has not ended|is a set")
        self.refused(f"xlsx.run({made.number})", "is a set")
        self.refused(f"xlsx.release({made.number})", "is held")

    def refused(self, call, words):
        try:
            self.sql(f"SELECT {call}")
        except RuntimeError as error:
            if any(word in str(error) for word in words.split("|")):
                return
            raise
        raise Wrong(f"{call[:60]} is not refused: {words}")

    # Comparing

    def said(self, task):
        return json.loads(self.sql(COUNTS.format(task.number)))

    def compare(self):
        for table in self.tables:
            column = "task" if self.has_column else "NULL"
            found = json.loads(self.sql(f"SELECT coalesce(json_agg(json_build_array(id, name, remark, note, {column})), '[]') FROM {table.name}"))
            found, expected = sorted(map(sortable, found)), table.contents()
            if found != expected:
                raise Wrong(f"table {table.name} has {len(found)} rows, the model {len(expected)}; only in one of them:"
                            f" {sorted(set(found) ^ set(expected))[:6]}")
        said = {number: self.said(task) for number, task in self.tasks.items()}
        for number, task in self.tasks.items():
            self.compare_task(task, said[number])
        for made in self.sets.values():
            self.compare_set(made, [said[task.number] for task in made.members])

    def compare_task(self, task, said):
        for name in ("inserted", "updated", "unchanged", "skipped", "absent"):
            if said[name] != task.counts[name]:
                raise Wrong(f"task {task.number} says {said[name]} {name}, the model {task.counts[name]}: {said}")
        if (said["status"], said["held"], said["erased"]) != (task.status, task.held, task.erased):
            raise Wrong(f"task {task.number} is {task.status}, held {task.held}, erased {task.erased} in the model: {said}")
        if said["saved"] != task.saved() + said["deleted"]:
            raise Wrong(f"saved is no sum: {said}")
        if said["error_rows"] != (0 if task.erased else said["errors"]) or said["undone"] != task.undone:
            raise Wrong(f"errors or undone are not so: {said}")
        told = self.tells and self.sql(TOLD.format(task.number))
        if told:
            raise Wrong(told)
        if said["status"] in ENDED_WELL and not task.restart and said["total"] != said["saved"] + said["skipped"] + said["errors"]:
            raise Wrong(f"total is no sum: {said}")

    def compare_set(self, made, members):
        said = self.said(made)
        if said["status"] != made.status:
            raise Wrong(f"set {made.number} is {said['status']}, in the model {made.status}")
        for name in ("total", "saved", "inserted", "updated", "unchanged", "skipped", "errors", "deleted", "absent"):
            if said[name] != sum(member[name] for member in members):
                raise Wrong(f"set {made.number} says {said[name]} {name}, its tasks {[member[name] for member in members]}")

    def close(self):
        self.session.close()
        self.holder.close()

    # Playing

    KINDS = ["submit", "submit_set", "submit_set", "run_dry", "run_dry", "retry", "retry", "undo", "undo", "delete", "erase", "release", "cancel",
             "set", "set", "user", "user"]
    FITS = {"run_dry": lambda task: task.dry and task.status in ENDED_WELL, "retry": lambda task: task.status in TRIES_AGAIN,
            "undo": Task.can_undo, "release": lambda task: task.held and task.active(), "cancel": Task.active}

    def act(self, kind):
        """On a task of which something comes, or on any; if there is none of the former, one may be made."""
        tasks, fits = list(self.tasks.values()), self.FITS.get(kind, lambda task: True)
        wanted = [task for task in tasks if fits(task)]
        if wanted or (tasks and self.chance(.2)):
            getattr(self, kind)(self.random.choice(wanted if wanted and self.chance(.9) else tasks))
        else:
            self.submit(dry=kind == "run_dry", held=kind in ("release", "cancel"))

    def play(self, operations):
        self.submit()
        self.compare()
        for _ in range(operations):
            kind = self.random.choice(self.KINDS)
            if kind in ("submit", "submit_set", "user"):
                getattr(self, kind)()
            elif kind == "set" and self.sets:
                made = self.random.choice(list(self.sets.values()))
                done = self.random.choice([self.cancel_set, self.retry_set, self.retry_set, self.delete_set, self.erase_set, self.refuse_set])
                self.log.append(f"{done.__name__} {made.number}")
                done(made)
            elif kind != "set":
                self.act(kind)
            self.compare()


def literal(value):
    return str(value).lower() if isinstance(value, bool) else f"'{value}'"


def workbook(tasks):
    sheets = {f"Sheet{place}": [["id", "name", "remark"], *task.sheet] for place, task in enumerate(tasks)}
    return f"decode('{base64.b64encode(book.workbook(sheets)).decode()}', 'base64')"
