#!/usr/bin/env python3
"""A small workbook for a test: book.py 'JSON' prints it in base64.

The JSON is a list of rows, or an object of sheet name -> list of rows. A row is a list of cells: a string, a number,
true or false, null for none, {"f": …} for a formula's cached string.
"""
import base64
import io
import json
import sys
import zipfile
from xml.sax.saxutils import escape

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def column(index):
    letters = ""
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell(reference, value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{reference}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{reference}"><v>{value!r}</v></c>'
    if isinstance(value, dict):
        return f'<c r="{reference}" t="str"><f>A1</f><v>{escape(value["f"])}</v></c>'
    return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def sheet(rows):
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(cell(f"{column(i)}{number}", value) for i, value in enumerate(row, 1))
        if cells:
            lines.append(f'<row r="{number}">{cells}</row>')
    return f'{HEAD}<worksheet {MAIN}><sheetData>{"".join(lines)}</sheetData></worksheet>'


def workbook(sheets):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:

        def part(name, text):
            package.writestr(zipfile.ZipInfo(name), text)

        part("[Content_Types].xml", f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
             'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
             'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>')
        part("_rels/.rels", f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
             f'<Relationship Id="r" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        names = "".join(f'<sheet name="{escape(name)}" sheetId="{i}" r:id="r{i}"/>' for i, name in enumerate(sheets, 1))
        part("xl/workbook.xml", f'{HEAD}<workbook {MAIN} xmlns:r="{REL}"><sheets>{names}</sheets></workbook>')
        links = "".join(f'<Relationship Id="r{i}" Type="{REL}/worksheet" Target="worksheets/sheet{i}.xml"/>'
                        for i in range(1, len(sheets) + 1))
        part("xl/_rels/workbook.xml.rels", f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>')
        for i, rows in enumerate(sheets.values(), 1):
            part(f"xl/worksheets/sheet{i}.xml", sheet(rows))
    return buffer.getvalue()


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(base64.b64encode(workbook(given if isinstance(given, dict) else {"Sheet1": given})).decode(), end="")
