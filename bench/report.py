"""Writes BENCHMARKS.md from the measurements."""
import os
import platform
import re
import statistics
import subprocess


def median(values):
    return statistics.median(values)


def ratios(pairs, what="wall", scale=1):
    return [cost(second, what) / max(cost(first, what), 0.001) / scale for first, second in pairs]


def cost(figures, what):
    return figures["client_cpu"] + figures["server_cpu"] if what == "cpu" else figures[what]


def middle(runs, what="wall"):
    return f"{median([cost(figures, what) for figures in runs]):.2f}"


def middle_ratio(pairs, what="wall", scale=1):
    return f"{median(ratios(pairs, what, scale)):.2f}"


def spread(pairs, what="wall", scale=1):
    values = ratios(pairs, what, scale)
    return f"{middle_ratio(pairs, what, scale)} ({min(values):.2f}–{max(values):.2f})"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(str(field) for field in row) + " |" for row in rows]) + "\n"


def command_output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


class Report:
    def __init__(self, rows, rounds):
        self.rows = rows
        self.rounds = rounds
        self.load = os.getloadavg()[0]
        self.sections = []

    def add(self, title, *paragraphs):
        self.sections.append(f"## {title}\n\n" + "\n".join(paragraphs))

    def reading(self, rows):
        self.add("Reading: zip to cells, without a database", table(
            ("workbook", "cells", "CPU s", "cells/s", "inflate alone", "expat alone", "× expat", "resident MB"),
            [(load.name, f"{f['cells read']:,}", f"{f['cells']:.3f}", f"{f['cells read'] / f['cells'] / 1e6:.1f} M", f"{f['inflate']:.3f}",
              f"{f['expat']:.3f}", f"{f['cells'] / f['expat']:.2f}", f"{f['kb'] / 1024:.0f}") for load, f in rows]),
            "*inflate*: all entries through our container and decompressor; *expat*: the same bytes through expat with handlers\n"
            "that do nothing, which is the least that a reader on expat can take. Best of the rounds.\n")

    def imports(self, key, rows):
        lines = []
        for load, label, pairs in rows:
            ours, copies = [second for _, second in pairs], [first for first, _ in pairs]
            lines.append((load.name, label, middle(copies), middle(ours),
                          spread(pairs), middle(ours, "cpu"), middle_ratio(pairs, "cpu"),
                          f"{max(o['server_mb'] for o in ours):.0f}"))
        self.add(f"Import into a table {'with a primary key' if key else 'without index'}, from submit to the end", table(
            ("workbook", "way", "COPY s", "import s", "× COPY wall", "CPU s", "× COPY CPU", "private MB"), lines),
            "All of it: a file of the server, as COPY's is, into the store, reading, checks, packets, progress, events, every commit. *as installed*: a second\n"
            "process reads and checks, and rows are saved meanwhile; none is committed before the sheet is known to be whole. *one process*\n"
            "(`pg_xlsx.read_ahead = off`): nothing is saved before all rows are checked.\n"
            + ("*indexed afterwards*: the profile allows an import into an empty table to build its indexes when the rows are in\n"
               "(`index_after_load`), in its one transaction.\nGoal: 1.0.\n" if key else "Goals as installed: 1.3; wide 1.5.\n"))

    def growth(self, rows):
        self.add("Growth and bad rows", table(("import", "goal", "× wall", "× CPU", "private MB"), [
            (about, f"≤ {goal}", spread(pairs, "wall", scale), middle_ratio(pairs, "cpu", scale), f"{max(second['server_mb'] for _, second in pairs):.0f}")
            for about, goal, pairs, scale in rows]))

    def options(self, load, rows):
        self.add("What options of a profile cost", table(("import with", "s", "× without", "× CPU", "private MB"), [
            (about, middle([second for _, second in pairs]), spread(pairs), middle_ratio(pairs, "cpu"),
             f"{max(second['server_mb'] for _, second in pairs):.0f}")
            for about, pairs in rows]),
            f"{load.rows:,} rows of `{load.name}`; upsert into an empty table with a primary key, beside insert into the same. Two rounds.\n")

    def keeping(self, load, rows):
        self.add("What it costs to keep what became of each row", table(("import with", "goal", "s", "× without", "× CPU", "private MB"), [
            (about, "≤ 1.3", middle([second for _, second in pairs]), spread(pairs), middle_ratio(pairs, "cpu"),
             f"{max(second['server_mb'] for _, second in pairs):.0f}")
            for about, pairs in rows]),
            f"{load.rows:,} rows of `{load.name}`, beside the same import without `keep_rows`; upserts into an empty table with a primary key. Three rounds.\n")

    def sheets(self, load, pairs):
        line = lambda about, pairs: (about, middle([second for _, second in pairs]), spread(pairs), f"{max(second['server_mb'] for _, second in pairs):.0f}")
        self.add(f"Ten sheets of {load.rows:,} rows", table(("imports", "s", "× the only sheet", "private MB"), [
            line("the only sheet of a workbook, before each of the others", [(first, first) for first, _ in pairs]),
            line("ten sheets of a workbook", pairs), line("the last three of them", pairs[-3:])]),
            "From the start of the worker to the end of the task (goal: 1.1 times the only sheet, and no more memory).\n")

    def peers(self, load, rows, skipped):
        lines = []
        for name, about, pairs in rows:
            figures = [second for _, second in pairs]
            lines.append((name, about, f"{median(ratios(pairs)):.1f}", f"{median([f['wall'] for f in figures]):.2f}",
                          f"{median([cost(f, 'cpu') for f in figures]):.2f}", f"{max(f['client_mb'] for f in figures):.0f}",
                          f"{max(f['server_mb'] for f in figures):.0f}"))
        notes = [f"Skipped: {name} ({reason}).\n" for name, reason in skipped]
        self.add("Others, the same rows into the same table", table(
            ("program", "how", "× COPY wall", "s", "CPU s", "client MB", "backend MB"), lines),
            "They only load; ours also stores the file, checks every row, reports and survives a crash. One run each.\n", *notes)

    def uploads(self, size, through_rest, through_copy, latencies):
        rate = lambda runs: size / median([run["wall"] for run in runs]) / 1e6
        pairs = list(zip(through_rest, through_copy))
        milliseconds = sorted(second * 1000 for second in latencies)
        self.add("Upload", table(("way", "MB/s", "CPU s"), [
            (r"`psql \copy` of the same chunks", f"{rate(through_copy):.0f}", f"{median([cost(r, 'cpu') for r in through_copy]):.2f}"),
            ("POST multipart to the sidecar", f"{rate(through_rest):.0f}", f"{median([cost(r, 'cpu') for r in through_rest]):.2f}")]),
            f"{size / 1e6:.0f} MB; the sidecar reaches {median(ratios(pairs)):.2f} of psql's rate (goal: 0.7); its CPU is not in the column,\n"
            "which counts curl and the server.\n",
            f"Ten rows from POST to the end of their import: median {median(milliseconds):.0f} ms, best {milliseconds[0]:.0f} ms,\n"
            f"worst of {len(milliseconds)} {milliseconds[-1]:.0f} ms (goal: 50 ms).\n")

    def exports(self, rows_out, rows):
        self.add(f"Export of {rows_out:,} rows", table(("function", "libxlsxwriter s", "ours s", "× wall", "× CPU", "private MB"), [
            (name, middle([first for first, _ in pairs]), middle([second for _, second in pairs]),
             spread(pairs), middle_ratio(pairs, "cpu"), f"{max(second['server_mb'] for _, second in pairs):.0f}")
            for name, pairs in rows]),
            "Against a program that puts the same rows through libpq into libxlsxwriter's constant memory mode (goal: 1.2).\n")

    def profile(self, samples):
        if samples is None:
            self.add("Where the time goes", "perf is not installed: no profile was taken.\n")
            return
        objects = {}
        for share, where, _ in samples:
            objects[where] = objects.get(where, 0) + float(share)
        top = [(f"{float(share):.1f} %", where, f"`{symbol}`") for share, where, symbol in samples if not symbol.startswith("0x")][:25]
        self.add("Where the time goes", "Of the session, the worker and the reader during one import of `people` as installed, sampled by perf.\n",
                 table(("share", "object"), [(f"{share:.0f} %", where) for where, share in sorted(objects.items(), key=lambda o: -o[1])[:6]]),
                 table(("share", "object", "function"), top))

    def text(self, server, bindir, settings):
        cpu = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo").read())
        memory = int(re.search(r"MemTotal:\s+(\d+)", open("/proc/meminfo").read()).group(1)) // 1024 // 1024
        version = server.sql("SELECT split_part(version(), ' on ', 1)")
        packages = command_output("dpkg-query", "-W", "-f", "${Package} ${Version}, ", "libexpat1", "libisal2", "zlib1g", "libxlsxwriter4",
                                  "gdal-bin", "xlsx2csv", "python3-openpyxl", "r-cran-readxl").rstrip(", ")
        head = f"""# Benchmarks

Written by `make bench`; `make bench-quick` does the same with a tenth of the rows in two minutes and prints it. The unit is `COPY FROM csv`
of the same rows into the same table by the same server, run right before each measurement: such ratios can be compared
between machines, seconds cannot. A ratio is the median of those of {self.rounds} rounds; in brackets stand the least and the greatest.
Seconds are medians, too. Processors of shared machines run at more than one speed, which a round seldom sees both of.

* {cpu.group(1) if cpu else platform.machine()}, {command_output('nproc')} CPUs, {memory} GB, Linux {platform.release()}, {command_output('cc', '--version').splitlines()[0]}
* {version}; {', '.join(f'{name} = {value}' for name, value in settings.items())}; all else as installed, fsync and synchronous_commit included
* {packages}, Node.js {command_output('node', '--version')}, exceljs 4.4.0, xlsx 0.18.5
* {self.rows:,} rows of Name, Gender, Bio-ID (`people`), {self.rows // 10:,} of 40 columns (`wide`); the generators are deterministic; the loaded rows were
  compared with those of the CSV by count and hash
* load of the machine by others when it began: {self.load:.1f}
* CPU seconds are those of the client and all processes of the server; private MB is the greatest memory of a backend or worker without shared buffers

"""
        return head + "\n".join(self.sections)
