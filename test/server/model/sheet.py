"""The model of a table and its tasks: the result of each row of a sheet, and the effect of undo, retry and delete on it."""
import copy

KEYED = ("upsert", "skip", "update", "sync")
WHOLE = ("all_or_nothing", "replace")       # modes that keep all or nothing
IN_ONE_GO = (*WHOLE, "sync")                # modes whose rows become visible together


class Row:
    """A row of the table. writer: the task that wrote it last, 0 for anybody else."""

    def __init__(self, key, name, task, writer):
        self.key, self.name, self.note, self.task, self.writer = key, name, "none", task, writer

    def content(self):
        return self.key, self.name, self.note, self.task


class Table:
    """has_key: id is the primary key; left_out: a trigger leaves out names that begin with "left"."""

    def __init__(self, has_key, left_out):
        self.has_key, self.left_out, self.rows = has_key, left_out, []

    def find(self, key):
        return next((row for row in self.rows if row.key == key), None)

    def contents(self):
        return sorted(row.content() for row in self.rows)


class Task:
    """A file on its way into the table. entries: what undo knows, as (row, old name or None where it was inserted, content after or None where it was deleted)."""

    def __init__(self, number, sheet, mode, has_column, keeps_old):
        self.number, self.sheet, self.mode, self.has_column = number, sheet, mode, has_column
        self.undoable = mode != "replace" and (keeps_old if mode in ("upsert", "update", "sync") else has_column)
        self.by_rows = mode in KEYED
        self.entries, self.undone, self.restart = [], False, False
        self.begin()

    def begin(self):
        self.at = 0
        self.counts = dict.fromkeys(("inserted", "updated", "unchanged", "skipped", "errors", "absent"), 0)

    def count(self, *names):
        return sum(self.counts[name] for name in names)

    def saved(self):
        return self.count("inserted", "updated", "unchanged")

    def settled(self):
        return self.count("inserted", "updated", "unchanged", "skipped")

    # Importing

    def is_valid(self, row):
        """A blank name keeps what the row of the table has; only a new row needs one."""
        return isinstance(row[0], int) and (row[1] is not None or self.mode in ("upsert", "update", "sync"))

    def fate(self, table, row):
        """What becomes of a row of the sheet; it is done to the table."""
        key, name = row
        if not self.is_valid(row):
            return "errors"
        there = table.find(key) if table.has_key else None
        if name is None:
            return "unchanged" if there else "errors"
        suppressed = table.left_out and name.startswith("left")
        if self.mode in KEYED and there:
            return self.meet(there, name, suppressed)
        if self.mode == "update":
            return "errors"
        if suppressed:
            return "skipped"
        if name == "refused" or there:
            return "errors"
        new = Row(key, name, self.number if self.has_column else None, self.number)
        table.rows.append(new)
        if self.undoable:
            self.entries.append((new, None, new.content()))
        return "inserted"

    def meet(self, there, name, suppressed):
        if self.mode == "skip":
            return "skipped"
        if there.name == name:
            return "unchanged"
        if suppressed:
            return "skipped"
        if name == "refused":
            return "errors"
        old, there.name, there.writer = there.name, name, self.number
        if self.undoable:
            self.entries.append((there, old, there.content()))
        return "updated"

    def step(self, table):
        self.counts[self.fate(table, self.sheet[self.at])] += 1
        self.at += 1

    def advance(self, table, settled=None):
        """To the end, or to where so many rows are saved or left out."""
        while self.at < len(self.sheet) and (settled is None or self.settled() < settled):
            self.step(table)

    def sync(self, table):
        """All rows, then those that the file lacks go, unless a key cannot be read or no row is good."""
        self.advance(table)
        keys = {row[0] for row in self.sheet}
        if "?" in keys or not self.settled():
            return
        gone = [row for row in table.rows if row.key not in keys]
        table.rows = [row for row in table.rows if row.key in keys]
        self.counts["absent"] = len(gone)
        if self.undoable:
            self.entries += [(row, row.name, None) for row in gone]

    def whole(self, table):
        """In one go: True when it went well; else the table is as before and only errors are counted."""
        before, entries = copy.deepcopy(table.rows), list(self.entries)
        invalid = sum(not self.is_valid(row) for row in self.sheet)
        if self.mode == "replace":
            table.rows = []
        self.advance(table)
        if not self.counts["errors"]:
            return True
        table.rows, self.entries = before, entries
        errors = self.counts["errors"]
        self.begin()
        self.counts["errors"] = invalid or errors
        return False

    # Afterwards

    def can_undo(self):
        return self.undoable and not self.undone and bool(self.entries)

    def undo(self, table):
        """(undone, kept)"""
        return self.undo_rows(table) if self.by_rows else self.undo_inserted(table)

    def finish_undo(self, kept, inserted, updated, absent=0):
        self.restart = True
        self.undone = kept == 0
        self.counts["inserted"] = min(self.counts["inserted"], inserted)
        self.counts["updated"] = min(self.counts["updated"], updated)
        self.counts["absent"] = min(self.counts["absent"], absent)

    def undo_inserted(self, table):
        mine = [row for row in table.rows if row.task == self.number]
        gone = [row for row in mine if row.writer == self.number]
        table.rows = [row for row in table.rows if row not in gone]
        kept = len(mine) - len(gone)
        if not kept:
            self.entries = []
        self.finish_undo(kept, kept, 0)
        return len(gone), kept

    def undo_rows(self, table):
        left, inserted, updated, absent = [], 0, 0, 0
        for entry in reversed(self.entries):
            gone, old, after = entry
            row = table.find(gone.key)
            if after is None:
                if row:
                    left.insert(0, entry)
                    absent += 1
                else:
                    gone.writer = 0
                    table.rows.append(gone)
                continue
            if row and row.content() == after:
                if old is None:
                    table.rows.remove(row)
                else:
                    row.name, row.writer = old, 0
                continue
            left.insert(0, entry)
            inserted += bool(row) and old is None
            updated += bool(row) and old is not None
        undone, self.entries = len(self.entries) - len(left), left
        self.finish_undo(len(left), inserted, updated, absent)
        return undone, len(left)

    def refuses_retry(self):
        return self.restart and not (self.by_rows and self.entries) and self.counts["inserted"] > 0

    def delete(self, table):
        """How many rows go; None where no column tells which."""
        if not self.has_column:
            return None
        before = len(table.rows)
        table.rows = [row for row in table.rows if row.task != self.number]
        return before - len(table.rows)
