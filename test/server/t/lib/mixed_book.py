#!/usr/bin/env python3
"""Makes a workbook of more than a megabyte whose columns hold mixed values, as people enter them: mixed_book.py SEED 1900|1904 PATH

Columns B to N have headers, O has none; about one cell in eight does not fit its column, and some rows are blank.
"""
import datetime
import random
import string
import sys

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

HEADERS = ["name", "small", "whole", "part", "free", "ratio", "single", "flag", "born", "seen", "zoned", "kind", "note"]
ROWS = 16000
DAY = datetime.datetime(2024, 2, 29)
ODD = [
    None, "", " ", "\u00a0 ", " padded ", "n/a", "-", 0, -1, 12.5, 1e20, 99999, 3.14159, 0.1 + 0.2, True, "TRUE", "yes", "42", " 42", "1e3",
    "12.50", "-0", "1,5", "0x1F", "NaN", "2024-02-30", "2024-05-06", "2024-05-06 07:08", "06.05.2024", "today", "#N/A", "#DIV/0!",
    "\u00e4" * 20, "x" * 40, "O'Neil\n\tline", datetime.date(2023, 12, 31), datetime.datetime(2021, 3, 28, 2, 30),
    datetime.time(6, 30), "a", "zz",
]


def fitting(choice, number):
    """One row as it should be."""
    day = DAY + datetime.timedelta(days=choice.randrange(5000))
    return [
        f"name {number}", choice.randrange(-9, 9), choice.randrange(10 ** 15), choice.randrange(10 ** 6) / 100, choice.uniform(-1e9, 1e9),
        choice.random(), choice.randrange(1000) / 8, choice.random() < .5, day.date(), day + datetime.timedelta(seconds=choice.randrange(86400)),
        day, choice.choice("abc"), "".join(choice.choices(string.ascii_letters, k=100)),
    ]


def row(choice, number):
    kind = choice.random()
    if kind < .01:
        return []
    if kind < .02:
        return [None] * 14 + [choice.choice(["aside", " "])]
    cells = fitting(choice, number)
    if kind < .5:
        cells = [cell if choice.random() < .75 else choice.choice(ODD) for cell in cells]
    elif kind < .6:
        cells[choice.randrange(len(cells))] = None
    return [choice.choice([None, "left"]), *cells]


def main(seed, epoch, path):
    choice = random.Random(int(seed))
    book = openpyxl.Workbook(write_only=True)
    if epoch == "1904":
        book.epoch = CALENDAR_MAC_1904
    sheet = book.create_sheet("Mixed")
    sheet.append([None, *HEADERS])
    for number in range(2, ROWS + 2):
        sheet.append(row(choice, number))
    book.save(path)


main(*sys.argv[1:])
