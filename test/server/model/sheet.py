"""The model of a table and its tasks: the result of each row of a sheet, and the effect of undo, retry and delete on it."""
import copy

KEYED = ("upsert", "skip", "update", "sync")
WHOLE = ("all_or_nothing", "replace")       # modes that keep all or nothing
IN_ONE_GO = (*WHOLE, "sync")                # modes whose rows become visible together
ENDED_WELL = ("COMPLETED", "HAS_ERRORS")


class Row:
    """A row of the table. remark: NULL or a text; note: nothing imports it; writer: the task that wrote it last, 0 for anybody else."""

    def __init__(self, key, name, remark, task, writer):
        self.key, self.name, self.remark, self.note, self.task, self.writer = key, name, remark, "none", task, writer

    def content(self):
        return self.key, self.name, self.remark, self.note, self.task


class Table:
    """has_key: id is the primary key; left_out: a trigger leaves out names that begin with "left"."""

    def __init__(self, name, has_key, left_out):
        self.name, self.has_key, self.left_out = name, has_key, left_out
        self.become([])

    def become(self, rows):
        self.rows, self.by_key = rows, {row.key: row for row in rows}

    def add(self, row):
        self.rows.append(row)
        self.by_key[row.key] = row

    def remove(self, row):
        self.rows.remove(row)
        del self.by_key[row.key]

    def keep(self, wanted):
        """Only such rows stay. Returns the others."""
        gone = [row for row in self.rows if not wanted(row)]
        if gone:
            self.become([row for row in self.rows if wanted(row)])
        return gone

    def find(self, key):
        return self.by_key.get(key)

    def contents(self):
        return sorted(map(sortable, (row.content() for row in self.rows)))


def sortable(content):
    return tuple("" if value is None else str(value) for value in content)


class File:
    """The stored bytes, which several tasks may have. gone: nobody can read them any more."""

    def __init__(self, gone=False):
        self.gone = gone


class Task:
    """
    A file on its way into the table. entries: what undo knows, as (row, old name and remark or None where it was inserted, content after or
    None where it was deleted). after: the task or set that comes first; waiting: for its end; held: for a release.
    """

    def __init__(self, table, sheet, mode, profile, duplicates=None, blank="keep", dry=False):
        self.table, self.sheet, self.mode, self.profile = table, sheet, mode, profile
        self.duplicates, self.blank, self.dry = duplicates or ("first" if mode == "skip" else "last"), blank, dry
        self.options = {"mode": mode, **({"duplicate_keys": duplicates} if duplicates else {}), "blank_cells": blank, "dry_run": dry}
        self.has_column = profile.has_column and not dry
        self.undoable = not dry and mode != "replace" and (profile.keeps_old if mode in ("upsert", "update", "sync") else self.has_column)
        self.by_rows = mode in KEYED
        self.number, self.status, self.set, self.after, self.run_of, self.file = None, "PENDING", None, None, None, File()
        self.held, self.waiting, self.erased, self.gone = False, False, False, False
        self.entries, self.undone, self.restart = [], False, False
        self.begin()

    def for_good(self):
        """The task that imports what this dry run has checked."""
        task = Task(self.table, self.sheet, self.mode, self.profile, self.options.get("duplicate_keys"), self.blank)
        task.run_of, task.file = self, self.file
        return task

    def begin(self):
        self.at, self.taken = 0, set()
        self.counts = dict.fromkeys(("inserted", "updated", "unchanged", "skipped", "errors", "absent"), 0)

    def count(self, *names):
        return sum(self.counts[name] for name in names)

    def saved(self):
        return self.count("inserted", "updated", "unchanged")

    def settled(self):
        return self.count("inserted", "updated", "unchanged", "skipped")

    def active(self):
        return self.status == "PENDING"

    # Importing

    def is_valid(self, row):
        """A blank name may mean what the row of the table has; only a new row needs one."""
        return isinstance(row[0], int) and (row[1] is not None or self.mode == "skip" or (self.mode in KEYED and self.blank == "keep"))

    def fate(self, table, row):
        """What becomes of a row of the sheet; it is done to the table. A row that is not refused takes its key."""
        if not self.is_valid(row):
            return "errors"
        if self.duplicates != "last" and row[0] in self.taken:
            return "errors" if self.duplicates == "error" else "skipped"
        fate = self.save(table, *row)
        if fate != "errors":
            self.taken.add(row[0])
        return fate

    def save(self, table, key, name, remark):
        there = table.find(key) if table.has_key else None
        if self.mode in KEYED and there:
            return "skipped" if self.mode == "skip" else self.meet(table, there, name, remark)
        if self.mode == "update" or name is None:
            return "errors"
        if table.left_out and name.startswith("left"):
            return "skipped"
        if name == "refused" or there:
            return "errors"
        if remark is None and self.blank != "null":
            remark = "plain"
        new = Row(key, name, remark, self.number if self.has_column else None, self.number)
        table.add(new)
        if self.undoable:
            self.entries.append((new, None, new.content()))
        return "inserted"

    def meet(self, table, there, name, remark):
        if name is None:
            name = there.name
        if remark is None:
            remark = {"keep": there.remark, "null": None, "default": "plain"}[self.blank]
        old = there.name, there.remark
        if old == (name, remark):
            return "unchanged"
        if table.left_out and name.startswith("left"):
            return "skipped"
        if name == "refused":
            return "errors"
        there.name, there.remark, there.writer = name, remark, self.number
        if self.undoable:
            self.entries.append((there, old, there.content()))
        return "updated"

    def step(self, table):
        self.counts[self.fate(table, self.sheet[self.at])] += 1
        self.at += 1

    def advance(self, settled=None, table=None):
        """To the end, or to where so many rows are saved or left out."""
        while self.at < len(self.sheet) and (settled is None or self.settled() < settled):
            self.step(table or self.table)

    def sync(self, table):
        """All rows, then those that the file lacks go, unless a key cannot be read or no row is good."""
        self.advance(table=table)
        keys = {row[0] for row in self.sheet}
        if "?" in keys or not self.settled():
            return
        gone = table.keep(lambda row: row.key in keys)
        self.counts["absent"] = len(gone)
        if self.undoable:
            self.entries += [(row, (row.name, row.remark), None) for row in gone]

    def whole(self):
        """In one go: True when it went well; else the table is as before and only errors are counted."""
        before, entries = copy.deepcopy(self.table.rows), list(self.entries)
        invalid = sum(not self.is_valid(row) for row in self.sheet)
        if self.mode == "replace":
            self.table.become([])
        self.advance()
        if not self.counts["errors"]:
            return True
        self.table.become(before)
        self.entries = entries
        errors = self.counts["errors"]
        self.begin()
        self.counts["errors"] = invalid or errors
        return False

    def rehearse(self):
        """A dry run: all of it, in any mode, in a table that nobody sees."""
        table = copy.deepcopy(self.table)
        if self.mode == "replace":
            table.become([])
        self.begin()
        if self.mode == "sync":
            self.sync(table)
        else:
            self.advance(table=table)

    # Afterwards

    def can_undo(self):
        return self.undoable and not self.undone and bool(self.entries)

    def undo(self):
        """(undone, kept)"""
        return self.undo_rows() if self.by_rows else self.undo_inserted()

    def finish_undo(self, kept, inserted, updated, absent=0):
        self.restart = True
        self.undone = kept == 0
        self.counts["inserted"] = min(self.counts["inserted"], inserted)
        self.counts["updated"] = min(self.counts["updated"], updated)
        self.counts["absent"] = min(self.counts["absent"], absent)

    def undo_inserted(self):
        mine = [row for row in self.table.rows if row.task == self.number]
        gone = self.table.keep(lambda row: row.task != self.number or row.writer != self.number)
        kept = len(mine) - len(gone)
        if not kept:
            self.entries = []
        self.finish_undo(kept, kept, 0)
        return len(gone), kept

    def undo_rows(self):
        left, inserted, updated, absent = [], 0, 0, 0
        for entry in reversed(self.entries):
            gone, old, after = entry
            row = self.table.find(gone.key)
            if after is None:
                if row:
                    left.insert(0, entry)
                    absent += 1
                else:
                    gone.writer = 0
                    self.table.add(gone)
                continue
            if row and row.content() == after:
                if old is None:
                    self.table.remove(row)
                else:
                    (row.name, row.remark), row.writer = old, 0
                continue
            left.insert(0, entry)
            inserted += bool(row) and old is None
            updated += bool(row) and old is not None
        undone, self.entries = len(self.entries) - len(left), left
        self.finish_undo(len(left), inserted, updated, absent)
        return undone, len(left)

    def refuses_retry(self):
        return self.restart and not (self.by_rows and self.entries) and self.counts["inserted"] > 0

    def retried(self):
        """It begins anew where rows of it were undone, or where it failed because of its rows and saved none."""
        if self.restart or (self.status == "FAILED" and not self.settled() and self.counts["errors"]):
            self.begin()
            self.restart = self.undone = False
        self.status = "PENDING"

    def delete(self):
        """How many rows go; None where no column tells which."""
        self.gone = True
        return len(self.table.keep(lambda row: row.task != self.number)) if self.has_column else None

    def erase(self):
        self.erased, self.file.gone, self.entries = True, True, []


class Set:
    """Tasks of one file, each after the one before it. number: that of the task which stands for them."""

    def __init__(self, members):
        self.members, self.status, self.number, self.gone = members, "PENDING", None, False
        file = File()
        for member, before in zip(members, [None, *members]):
            member.set, member.file, member.after, member.waiting = self, file, before, before is not None

    def active(self):
        return self.status in ("PENDING", "PROCESSING")

    def sum(self):
        """The state of the set follows from its tasks. True if it ends now."""
        before, states = self.active(), {member.status for member in self.members}
        if states == {"PENDING"}:
            self.status = "PENDING"
        elif "PENDING" in states:
            self.status = "PROCESSING"
        else:
            self.status = next(state for state in ("FAILED", "CANCELLED", "HAS_ERRORS", "COMPLETED") if state in states)
        return before and not self.active()
