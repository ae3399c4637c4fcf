#!/usr/bin/env python3
"""bench.py [--quick] [--only SECTION] [FILE]: measures, and writes the report (BENCHMARKS.md).

pg_xlsx and the other programs run in one private server, each right after a
COPY of the same rows, whose time is the unit: ratios can be compared between
machines, seconds cannot.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
import uuid

import chapters
import contenders
from measure import BINDIR, ROOT, SETTINGS, Server, Skipped, run
from report import Report
from workloads import all_workloads, repeat_sheet


def say(text):
    print(text, file=sys.stderr, flush=True)


class WrongRows(Exception):
    """The rows that were loaded are not those of the CSV."""

    def __init__(self, pairs):
        super().__init__("the loaded rows are not those of the CSV")
        self.pairs = pairs


class Bench:
    def __init__(self, quick):
        self.rows = 100_000 if quick else 1_000_000
        self.rounds = 2 if quick else 5
        self.server = Server()
        self.server.touch_buffers()
        self.server.sql("CREATE EXTENSION pg_xlsx")
        self.loads = all_workloads(self.rows)
        self.report = Report(self.rows, self.rounds)

    # ---- one measurement beside a COPY ----

    def prepare(self, load, key):
        """An empty table with its profile, and a server with nothing left to write."""
        table = "wide" if load.wide else "people"
        columns = ", ".join(" ".join(column) for column in load.columns(key))
        headers = "" if load.wide else """, headers => '{"bio_id": "Bio-ID"}'"""
        load.make(self.server)
        self.server.sql(f"""SET client_min_messages = error;
DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({columns});
SELECT xlsx.drop_profile(name) FROM xlsx.profiles;
SELECT xlsx.create_profile('{table}', '{table}'{headers})""")
        self.server.sql("VACUUM xlsx_private.packet, xlsx_private.chunk, xlsx_private.error_page, xlsx_private.row_page, xlsx_private.seen_value, xlsx_private.task")
        self.server.sql("CHECKPOINT")
        return table

    def fingerprint(self, table):
        return self.server.sql(f"SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {table} t")

    def beside(self, base, contender, load, key=False, rounds=None, base_load=None):
        """Medians of the contender and of the base right before it, and the median of their ratios."""
        pairs = []
        wanted = None if base_load else self.fingerprint_of_csv(load, key)
        for _ in range(rounds or self.rounds):
            first = base(self.server, base_load or load, self.prepare(base_load or load, key))
            table = self.prepare(load, key)
            pairs.append((first, contender(self.server, load, table)))
        if wanted and self.fingerprint(table) != wanted:
            raise WrongRows(pairs)
        return pairs

    def fingerprint_of_csv(self, load, key):
        if not hasattr(load, "fingerprint"):
            table = self.prepare(load, key)
            contenders.copy_csv(self.server, load, table)
            load.fingerprint = self.fingerprint(table)
        return load.fingerprint

    # ---- sections ----

    def reading(self):
        rows = []
        for name in ("people", "people-inline", "wide", "wide-inline", "sparse"):
            xlsx, _ = self.loads[name].make(self.server)
            figures = {}
            for what in ("inflate", "expat", "cells"):
                runs = [subprocess.run([ROOT + "/build/readbook", what, xlsx], capture_output=True, text=True,
                                       check=True).stdout.split() for _ in range(self.rounds)]
                figures[what] = min(float(r[4]) for r in runs)
                figures["cells read"], figures["bytes"], figures["kb"] = int(runs[0][2]), int(runs[0][3]) or figures.get("bytes"), int(runs[0][5])
            rows.append((self.loads[name], figures))
        self.report.reading(rows)

    def imports(self):
        for key in (False, True):
            rows = []
            ways = [(contenders.pg_xlsx, "as installed"), (contenders.pg_xlsx_alone, "one process")]
            if key:
                ways.append((contenders.pg_xlsx_with(contenders.INDEX_AFTERWARDS), "indexed afterwards"))
            for name in ("people", "people-inline", "people-shuffled" if key else "wide"):
                for contender, label in ways:
                    say(f"import {name} {label}{' with key' if key else ''}")
                    rows.append((self.loads[name], label, self.beside(contenders.copy_csv, contender, self.loads[name], key)))
            self.report.imports(key, rows)

    def growth(self):
        ratios = []
        tenth, whole = self.loads["people-tenth"], self.loads["people"]
        upsert, unique = map(contenders.pg_xlsx_with, (contenders.UPSERT, contenders.UNIQUE))
        for contender, key, about in ((contenders.pg_xlsx, False, ""), (upsert, True, ", by key (upsert) into an empty table"),
                                      (unique, False, ", with a rule that no Bio-ID comes twice")):
            say(f"growth{about}")
            pairs = self.beside(contender, contender, whole, key, base_load=tenth)
            ratios.append((f"{whole.rows:,} rows{about}, per row, to {tenth.rows:,}", 1.1, pairs, whole.rows / tenth.rows))
        for name, goal in (("people-5-bad", 1.3), ("people-50-bad", 2.0)):
            say(f"import {name}")
            load = self.loads[name]
            ratios.append((load.about + ", to the clean import", goal,
                           self.beside(contenders.pg_xlsx, contenders.pg_xlsx, load, base_load=whole), 1))
        say("import payments-german")
        load = self.loads["payments-german"]
        ratios.append((load.about + ", declared, to real ones", 1.25,
                       self.beside(contenders.pg_xlsx, contenders.pg_xlsx_with(contenders.GERMAN), load, base_load=self.loads["payments"]), 1))
        self.report.growth(ratios)

    def options(self):
        rows = []
        for about, key, sql in contenders.OPTIONS:
            say(f"option: {about}")
            rows.append((about, self.beside(contenders.pg_xlsx, contenders.pg_xlsx_with(sql), self.loads["people"], key, rounds=min(self.rounds, 2))))
        self.report.options(self.loads["people"], rows)

    def keeping(self):
        rows = []
        for about, key, base, sql in contenders.KEEPING:
            say(f"keeping: {about}")
            rows.append((about, self.beside(contenders.pg_xlsx_with(base) if base else contenders.pg_xlsx, contenders.pg_xlsx_with(sql),
                                            self.loads["people"], key, rounds=min(self.rounds, 3))))
        self.report.keeping(self.loads["people"], rows)

    def sheets(self):
        """Ten sheets of one workbook, an import each, beside the only sheet of another."""
        load = self.loads["people-inline"]
        only, ten = load.make(self.server)[0], self.server.path("sheets.xlsx")
        repeat_sheet(only, ten, 10)
        self.prepare(load, False)
        self.report.sheets(load, [(self.sheet_import(only, 1), self.sheet_import(ten, number)) for number in range(1, 11)])

    def sheet_import(self, book, number):
        """From its start to its end, when nothing is left of the one before: a file with ten sheets takes longer to submit and to remove."""
        say(f"sheet {number} of {os.path.basename(book)}")
        while self.server.sql("SELECT EXISTS (SELECT FROM xlsx_private.file WHERE spent)") == "t":
            pass
        self.server.sql("TRUNCATE people; VACUUM xlsx_private.chunk; SELECT xlsx.pause()")
        task = self.server.sql(f"SELECT xlsx.submit('people', xlsx.server_file('{book}'), sheet => '#{number}')")
        self.server.sql("CHECKPOINT")
        cost = run(self.server, ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1"], f"SELECT xlsx.resume();\nSELECT xlsx.wait({task});\n")
        if self.server.sql("SELECT count(*) FROM people") != str(self.rows):
            raise RuntimeError(f"sheet {number} is not in the table: {cost['output']}")
        return cost

    def peers(self):
        load = self.loads["people"]
        rows = [("pg_xlsx", "checked, staged, reported; exactly once", self.beside(contenders.copy_csv, contenders.pg_xlsx, load, rounds=1))]
        skipped = []
        for name, about, contender in contenders.PEER_LIST:
            say(f"peer {name}")
            try:
                rows.append((name, about, self.beside(contenders.copy_csv, contender, load, rounds=1)))
            except WrongRows as wrong:
                rows.append((name, about + "; **its rows are not those of the CSV**", wrong.pairs))
            except (Skipped, RuntimeError) as reason:
                skipped.append((name, str(reason).strip().splitlines()[-1]))
        self.report.peers(load, rows, skipped)

    def uploads(self):
        say("uploads")
        load = self.loads["people"]
        table = self.prepare(load, False)
        xlsx, _ = load.make(self.server)
        url, notifier = start_notifier(self.server)
        try:
            self.server.sql(COPY_TARGET)
            chunks = write_chunks(xlsx, self.server.path("chunks.bin"))
            through_rest, through_copy = [], []
            for _ in range(self.rounds):
                self.server.sql("TRUNCATE chunk_copy; CHECKPOINT")
                through_copy.append(run(self.server, ["psql", "-Xqc", rf"\copy chunk_copy FROM '{chunks}' (FORMAT binary)"]))
                self.server.sql("CHECKPOINT")
                through_rest.append(run(self.server, ["curl", "-sSf", "-F", f"profile={table}", "-F", "runAt=2099-01-01T00:00:00Z",
                                                      "-F", f"file=@{xlsx}", url + "/upload"]))
            self.report.uploads(os.path.getsize(xlsx), through_rest, through_copy, self.latencies(url, table))
        finally:
            notifier.terminate()
            notifier.wait()

    def latencies(self, url, table):
        """Seconds from the POST of ten rows to the end of their import, as a client sees it."""
        small = self.server.path("small.xlsx")
        subprocess.run([ROOT + "/build/makebook", "-r", "10", small], check=True)
        form = open(small, "rb").read()
        seconds = []
        waiter = Waiter(self.server)
        for _ in range(25):
            began = time.monotonic()
            waiter.wait(post_file(url + "/upload", form, {"profile": table}))
            seconds.append(time.monotonic() - began)
        waiter.end()
        return seconds

    def exports(self):
        say("exports")
        load, bad = self.loads["people"], self.loads["people-errors"]
        limit = 50_000
        contenders.copy_csv(self.server, load, self.prepare(load, False))
        query = f"SELECT * FROM people LIMIT {limit}"
        rows = [("xlsx.write", self.export_pairs(query, f"SELECT length(xlsx.write('{query}'))"))]
        contenders.pg_xlsx(self.server, bad, self.prepare(bad, False))
        task = self.server.sql("SELECT max(id) FROM xlsx.tasks")
        flat = (f"SELECT row_number, cells[1], cells[2], cells[3], violations->0->>'message' FROM xlsx_private.error_row"
                f" WHERE task_id = {task} ORDER BY page, row_number")
        rows.append(("xlsx.errors_workbook", self.export_pairs(flat, f"SELECT length(xlsx.errors_workbook({task}))")))
        self.report.exports(limit, rows)

    def export_pairs(self, query, ours):
        pairs = []
        for _ in range(self.rounds):
            base = run(self.server, [ROOT + "/build/writebook", query, self.server.path("out.xlsx")])
            pairs.append((base, run(self.server, ["psql", "-XAtqc", ours])))
        return pairs

    def profile(self):
        """Where a worker's time goes: shares by function, from perf where there is one."""
        if subprocess.run("command -v perf", shell=True, capture_output=True).returncode != 0:
            self.report.profile(None)
            return
        load = self.loads["people"]
        table = self.prepare(load, False)
        data = self.server.path("perf.data")
        perf = subprocess.Popen(["perf", "record", "-q", "-a", "-F", "2000", "-o", data, "sleep", "3600"], stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        backends = contenders.pg_xlsx(self.server, load, table)["backends"]
        perf.send_signal(signal.SIGINT)
        perf.wait()
        listing = subprocess.run(["perf", "report", "-i", data, "--pid", ",".join(map(str, backends)), "--percentage", "relative", "--sort", "dso,symbol"],
                                 capture_output=True, text=True).stdout
        self.report.profile(re.findall(r"^\s*([\d.]+)%\s+(\S+)\s+\[[.k]\]\s+(\S+)", listing, re.M))

    # The sheets come late: what a client is seen to take is never less than this program has taken.
    SECTIONS = ("reading", "imports", "growth", "options", "keeping", "peers", "uploads", "exports", "sheets", "profile")


COPY_TARGET = """CREATE TABLE IF NOT EXISTS chunk_copy (file_id bigint, no int, data bytea, PRIMARY KEY (file_id, no));
ALTER TABLE chunk_copy ALTER data SET STORAGE EXTERNAL"""


def write_chunks(path, out):
    """The bytes of a file as rows of 256 kB, in COPY's binary format."""
    with open(path, "rb") as source, open(out, "wb") as target:
        target.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        number = 0
        while piece := source.read(256 * 1024):
            target.write((3).to_bytes(2, "big") + (8).to_bytes(4, "big") + (1).to_bytes(8, "big") +
                         (4).to_bytes(4, "big") + number.to_bytes(4, "big") + len(piece).to_bytes(4, "big") + piece)
            number += 1
        target.write(b"\xff\xff")
    return out


def start_notifier(server):
    address = f"postgresql://{server.environment['PGUSER']}@{server.environment['PGHOST']}:{server.environment['PGPORT']}/postgres"
    process = subprocess.Popen([ROOT + "/build/pg_xlsx_notifier", "--database-url", address, "--port", "0", "--log-level", "error",
                                "--allow-superuser", "on"],
                               stdout=subprocess.PIPE, text=True)
    return process.stdout.readline().split()[-1] + "/applications/upload-large-xlsx", process


def post_file(url, data, fields):
    boundary = uuid.uuid4().hex
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="small.xlsx"\r\n\r\n'.encode() + data +
                 f"\r\n--{boundary}--\r\n".encode())
    request = urllib.request.Request(url, b"".join(parts), {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["taskId"]


class Waiter:
    """A session that waits for tasks, open before the clock starts."""

    def __init__(self, server):
        self.process = subprocess.Popen(["psql", "-XAtq"], env=server.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait(self, task):
        self.process.stdin.write(f"SELECT xlsx.wait({task});\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, in two minutes")
    parser.add_argument("--only", action="append", choices=Bench.SECTIONS, help="only this section")
    parser.add_argument("file", nargs="?")
    options = parser.parse_args()
    bench = Bench(options.quick)
    try:
        for section in options.only or Bench.SECTIONS:
            say(f"== {section}")
            getattr(bench, section)()
        text = bench.report.text(bench.server, BINDIR, SETTINGS)
    finally:
        bench.server.remove()
    if options.file:
        chapters.keep(options.file, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
