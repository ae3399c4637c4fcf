"""Workbooks and the same rows as CSV; deterministic, made at their first use."""
import os
import subprocess
import zipfile

from measure import ROOT

KINDS = "isdtbsidsitsdbsiidstidstbsidstidsbsitsds"      # as in makewide.c
PAYMENT_KINDS = "ittdd"                                # with -p
TYPES = {"i": "bigint", "d": "numeric(12,2)", "t": "date", "b": "boolean", "s": "text"}


class Workload:
    def __init__(self, name, about, rows, arguments):
        self.name = name
        self.about = about
        self.rows = rows
        self.arguments = arguments
        self.wide = "makewide" in arguments[0]

    def columns(self, key):
        if self.wide:
            columns = [(f"c{i + 1:02}_{kind}", TYPES[kind] + (" NOT NULL" if i == 0 else "")) for i, kind in enumerate(PAYMENT_KINDS if "-p" in self.arguments else KINDS)]
        else:
            columns = [("name", "text NOT NULL"), ("gender", "text NOT NULL"), ("bio_id", "text NOT NULL")]
        if key:
            place = 0 if self.wide else 2
            columns[place] = (columns[place][0], columns[place][1] + " PRIMARY KEY")
        return columns

    def make(self, server):
        xlsx, csv = server.path(self.name + ".xlsx"), server.path(self.name + ".csv")
        if not os.path.exists(xlsx):
            program = os.path.join(ROOT, "build", self.arguments[0])
            files = [csv, xlsx] if self.wide else ["-c", csv, xlsx]
            subprocess.run([program, "-r", str(self.rows)] + self.arguments[1:] + files, check=True)
        return xlsx, csv


# What one more sheet needs in other parts, and before which tag.
SHEET_ENTRIES = {
    "[Content_Types].xml": ("</Types>", '<Override PartName="/xl/worksheets/sheet{0}.xml"'
                            ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'),
    "xl/workbook.xml": ("</sheets>", '<sheet name="Sheet {0}" sheetId="{0}" r:id="sheet{0}"/>'),
    "xl/_rels/workbook.xml.rels": ("</Relationships>", '<Relationship Id="sheet{0}" Target="worksheets/sheet{0}.xml"'
                                   ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'),
}


def repeat_sheet(source, target, count):
    """A workbook with the only sheet of another count times."""
    numbers = range(2, count + 1)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for name in old.namelist():
            data = old.read(name)
            if name in SHEET_ENTRIES:
                tag, entry = SHEET_ENTRIES[name]
                data = data.replace(tag.encode(), ("".join(map(entry.format, numbers)) + tag).encode())
            new.writestr(name, data)
            if name == "xl/worksheets/sheet1.xml":
                for number in numbers:
                    new.writestr(f"xl/worksheets/sheet{number}.xml", data)


def all_workloads(rows):
    wide = rows // 10
    return {load.name: load for load in (
        Workload("people", "Name, Gender, Bio-ID as shared strings", rows, ["makebook"]),
        Workload("people-inline", "the same as inline strings", rows, ["makebook", "-i"]),
        Workload("people-shuffled", "the same with Bio-IDs in random order", rows, ["makebook", "-s"]),
        Workload("people-tenth", "a tenth of the rows", rows // 10, ["makebook"]),
        Workload("people-5-bad", "5 % of the rows miss a required cell", rows, ["makebook", "-e", "5"]),
        Workload("people-50-bad", "50 % of the rows miss a required cell", rows, ["makebook", "-e", "50"]),
        Workload("people-errors", "50,000 rows that miss a required cell, and as many that do not", 100_000, ["makebook", "-e", "50"]),
        Workload("wide", "40 columns: integers, decimals, dates, booleans, texts", wide, ["makewide"]),
        Workload("wide-inline", "the same as inline strings", wide, ["makewide", "-i"]),
        Workload("payments", "an integer, two dates and two decimals", rows, ["makewide", "-p"]),
        Workload("payments-german", "the same rows with dates and decimals as German texts", rows, ["makewide", "-p", "-g"]),
        Workload("sparse", "the same columns, one cell in twenty filled", wide, ["makewide", "-f", "5"]),
    )}
