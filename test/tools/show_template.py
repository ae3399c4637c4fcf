#!/usr/bin/python3
"""Prints what openpyxl finds in a template besides the cells: notes, drop-downs, formats."""
import sys

import openpyxl

book = openpyxl.load_workbook(sys.argv[1])
for sheet in book:
    print(f"{sheet.title}: {sheet.sheet_state}, frozen at {sheet.freeze_panes}")
    for cell in (cell for row in sheet.iter_rows() for cell in row if cell.comment):
        letters = cell.column_letter
        dimension = sheet.column_dimensions[letters]
        print(f"  {cell.coordinate} {cell.value}: bold {cell.font.bold}, column {dimension.number_format}")
        for line in cell.comment.text.splitlines():
            print(f"    {line}")
    for check in sheet.data_validations.dataValidation:
        print(f"  {check.sqref}: {check.type} {check.operator or ''} {check.formula1 or ''} {check.formula2 or ''}".rstrip())
