"""openpyxl_csv.py FILE: openpyxl in its read-only mode; CSV on standard output."""
import csv
import datetime
import sys

import openpyxl

sheet = openpyxl.load_workbook(sys.argv[1], read_only=True, data_only=True).worksheets[0]
out = csv.writer(sys.stdout)
for row in sheet.iter_rows(values_only=True):
    out.writerow([v.date() if isinstance(v, datetime.datetime) else v for v in row])
