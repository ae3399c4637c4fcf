#!/usr/bin/env python3
"""Makes a workbook of given rows: raw_book.py PATH < JSON

JSON: [{"name": "Sheet1", "state": "hidden", "cols": "<col …/>", "rows": [[cell, …], …], "hidden": [row, …], "merges": ["A1:B2"],
"tables": [{"ref": "B3:D6", "totals": 1}]}, …]. A cell is null, a number or a text; a row is null where there is none.
All but name and rows may be missing."""
import json
import sys
import zipfile
from xml.sax.saxutils import escape

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
PACKAGE = 'http://schemas.openxmlformats.org/package/2006'


def cell(row, column, value):
    ref = f'{chr(64 + column)}{row}'
    if isinstance(value, str):
        return f'<c r="{ref}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return '' if value is None else f'<c r="{ref}"><v>{value}</v></c>'


def sheet_xml(sheet):
    rows = ''
    for number, values in enumerate(sheet['rows'], 1):
        if values is not None:
            hidden = ' hidden="1"' if number in sheet.get('hidden', []) else ''
            rows += f'<row r="{number}"{hidden}>' + ''.join(cell(number, at, value) for at, value in enumerate(values, 1)) + '</row>'
    cols = f'<cols>{sheet["cols"]}</cols>' if 'cols' in sheet else ''
    merges = ''.join(f'<mergeCell ref="{ref}"/>' for ref in sheet.get('merges', []))
    return f'<worksheet {MAIN}>{cols}<sheetData>{rows}</sheetData>' + (f'<mergeCells>{merges}</mergeCells>' if merges else '') + '</worksheet>'


def relations(items):
    links = ''.join(f'<Relationship Id="rId{n}" Type="{OFFICE}/{kind}" Target="{target}"/>' for n, (kind, target) in enumerate(items, 1))
    return f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'


def main():
    sheets = json.load(sys.stdin)
    with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as book:
        book.writestr('[Content_Types].xml', f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>')
        book.writestr('_rels/.rels', relations([('officeDocument', 'xl/workbook.xml')]))
        names = ''.join(f'<sheet name="{escape(s["name"])}" sheetId="{n}" state="{s.get("state", "visible")}" r:id="rId{n}"/>' for n, s in enumerate(sheets, 1))
        book.writestr('xl/workbook.xml', f'<workbook {MAIN}><sheets>{names}</sheets></workbook>')
        book.writestr('xl/_rels/workbook.xml.rels', relations([('worksheet', f'worksheets/sheet{n}.xml') for n in range(1, len(sheets) + 1)]))
        for n, sheet in enumerate(sheets, 1):
            book.writestr(f'xl/worksheets/sheet{n}.xml', sheet_xml(sheet))
            tables = sheet.get('tables', [])
            if tables:
                book.writestr(f'xl/worksheets/_rels/sheet{n}.xml.rels', relations([('table', f'../tables/t{n}_{k}.xml') for k in range(len(tables))]))
            for k, table in enumerate(tables):
                book.writestr(f'xl/tables/t{n}_{k}.xml', f'<table {MAIN} id="{k}" name="T{k}" displayName="T{k}" ref="{table["ref"]}" totalsRowCount="{table.get("totals", 0)}"/>')


main()
