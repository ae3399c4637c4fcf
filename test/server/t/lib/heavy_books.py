#!/usr/bin/env python3
"""Small workbooks that are expensive to read: heavy_books.py CORPUS_TOOLS FOLDER

Writes FOLDER/bounded/*.xlsx, which every function must read or refuse soon and within its memory,
and FOLDER/endless/*.xlsx, which no function reads soon, so that the caller must be able to stop it.
"""
import os, random, sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import hostile
from hostile import HEAD, MAIN, PACKAGE, REL, RELS, SHEET, TAIL, TARGETS, WORKBOOK, Repeated, Zip, book

random.seed(41)
COLUMNS = 16384


def letters(n):
    name = ''
    while n > 0:
        n, rest = divmod(n - 1, 26)
        name = chr(65 + rest) + name
    return name


def row(number, texts):
    """texts: one a column, None for a blank cell"""
    cells = ('<c r="%s%d" t="str"><v>%s</v></c>' % (letters(i + 1), number, t) if t is not None else '' for i, t in enumerate(texts))
    return '<row r="%d">%s</row>' % (number, ''.join(cells))


def shared(number, columns, index=0):
    return '<row r="%d">%s</row>' % (number, ''.join('<c r="%s%d" t="s"><v>%d</v></c>' % (letters(i + 1), number, index) for i in range(columns)))


def sheet(rows, behind=''):
    return HEAD + ''.join(rows) + '</sheetData>%s</worksheet>' % behind


def strings(texts):
    return '<sst xmlns="%s">%s</sst>' % (MAIN, ''.join('<si><t>%s</t></si>' % t for t in texts))


def workbook(path, sheets, inside='', part=SHEET[1]):
    """Sheets of one part under many names; inside: what follows in the workbook's own part."""
    z = Zip(path).add(*RELS).add('w.xml', '<workbook xmlns="%s" xmlns:r="%s"><sheets>%s</sheets>%s</workbook>' % (
        MAIN, REL, ''.join('<sheet name="S%d" r:id="a"/>' % i for i in range(sheets)), inside))
    z.add(*TARGETS).add('s.xml', part).close()


def styled(path, formats):
    z = Zip(path).add(*RELS).add(*WORKBOOK)
    z.add('_rels/w.xml.rels', '<Relationships xmlns="%s"><Relationship Id="a" Type="%s/worksheet" Target="s.xml"/>'
          '<Relationship Id="c" Type="%s/styles" Target="y.xml"/></Relationships>' % (PACKAGE, REL, REL))
    z.add('y.xml', '<styleSheet xmlns="%s"><numFmts>%s</numFmts><cellXfs>%s</cellXfs></styleSheet>' % (
        MAIN, ''.join('<numFmt numFmtId="%d" formatCode="d"/>' % (i + 200) for i in range(formats)),
        ''.join('<xf numFmtId="%d"/>' % (random.randrange(formats) + 200) for i in range(formats * 2))))
    z.add('s.xml', sheet([row(1, ['Name', 'Gender', 'Bio ID'])] + ['<row r="%d"><c s="%d"><v>%d</v></c></row>' % (i, i, i) for i in range(2, 100)])).close()


PEOPLE = ['Name', 'Gender', 'Bio ID']
SAME = ['Name'] * COLUMNS
NUMBERED = [('a', 'a_2', 'a_3', 'a_%d' % (i // 4), 'b_%d' % i)[i % 5] for i in range(COLUMNS)]
LONG = ['%s%05d' % ('Header ' * 140, i) for i in range(COLUMNS)]

BOUNDED = [
    ('same-headers', lambda p: book(p, sheet([row(1, SAME)]))),
    ('same-headers-with-rows', lambda p: book(p, sheet([row(i, SAME) for i in range(1, 30)]))),
    ('numbered-headers', lambda p: book(p, sheet([row(1, NUMBERED), row(2, ['x'] * COLUMNS)]))),
    ('long-headers', lambda p: book(p, sheet([row(1, LONG), row(2, ['x'] * COLUMNS)]))),
    ('long-header-in-all', lambda p: book(p, sheet([shared(i, COLUMNS) for i in range(1, 4)]), strings(['h' * 1900]))),
    ('longer-header-in-all', lambda p: book(p, sheet([shared(i, COLUMNS) for i in range(1, 4)]), strings(['h' * 32000]))),
    ('long-texts-that-differ', lambda p: book(p, sheet([row(1, PEOPLE)] + [shared(i, 1000, i) for i in range(2, 12)]),
                                              strings(['%d%s' % (i, 'ä' * 8000) for i in range(22)]))),
    ('wide-bad-rows', lambda p: book(p, sheet([row(1, ['C%d' % i for i in range(100)])] + [shared(i, 100) for i in range(2, 152)]), strings(['b' * 30000]))),
    ('many-sheets', lambda p: workbook(p, 9000)),
    ('many-names', lambda p: workbook(p, 1, '<definedNames>%s</definedNames>' % ''.join('<definedName name="n%d">S0!$A$%d</definedName>' % (i, i) for i in range(300000)))),
    ('all-of-the-sheet', lambda p: workbook(p, 1, part=SHEET[1].replace('<sheetData>', '<dimension ref="A1:XFD1048576"/><sheetData>'))),
    ('last-cell', lambda p: book(p, sheet([row(1, PEOPLE), '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>']))),
    ('merged', lambda p: book(p, sheet([row(1, PEOPLE)], '<mergeCells>%s</mergeCells>' % ''.join('<mergeCell ref="A%d:C%d"/>' % (i, i) for i in range(1, 500001))))),
    ('many-strings', lambda p: book(p, sheet([row(1, PEOPLE), shared(2, 3, 2999999)]), Repeated('<sst xmlns="%s">' % MAIN, ''.join('<si><t>%07d</t></si>' % i for i in range(100000)), 30, '</sst>', True))),
    ('many-formats', lambda p: styled(p, 300000)),
    ('row-again-and-again', lambda p: book(p, Repeated(HEAD, ''.join('<row r="1"><c r="A1"><v>%d</v></c></row>' % random.randrange(10**9) for i in range(20000)), 100, TAIL, True))),
    ('column-again-and-again', lambda p: book(p, sheet(['<row r="%d">%s</row>' % (i, '<c r="A%d" t="str"><v>Name</v></c>' % i * COLUMNS) for i in range(1, 30)]))),
]


def dense(make, dull):
    """A megabyte or so that deflates, said often, just not too well."""
    noise, plain = ''.join(make() for i in range(60000 // len(make()))), dull * (900000 // len(dull))
    return noise + plain


def endless(path, head, body, tail=TAIL):
    book(path, Repeated(head, body, 8000, tail))


def blank_cells():
    return '<c r="A1" s="%d"/>' % random.randrange(10**8)


def spaces():
    return ''.join(random.choice(' \t\n') for i in range(100))


ENDLESS = [
    # Rows that hold nothing, so that none ever comes out.
    ('blank-cells', lambda p: endless(p, HEAD, '<row>' + dense(blank_cells, '<c r="A1" s="1"/>') + '</row>')),
    ('space', lambda p: endless(p, HEAD, dense(spaces, ' '))),
    ('behind-the-rows', lambda p: endless(p, HEAD + row(1, PEOPLE) + '</sheetData><mergeCells>', dense(lambda: '<mergeCell ref="A%d:C1"/>' % random.randrange(10**8), '<mergeCell ref="A1:C1"/>'), '</mergeCells></worksheet>')),
    ('before-the-rows', lambda p: endless(p, '<worksheet xmlns="%s"><cols>' % MAIN, dense(lambda: '<col min="%d" max="3"/>' % random.randrange(10**8), '<col min="1" max="3"/>'), '</cols><sheetData>' + TAIL)),
    ('strings', lambda p: book(p, sheet([shared(1, 3, 5)]), Repeated('<sst xmlns="%s">' % MAIN, dense(spaces, ' '), 8000, '</sst>'))),
]


def main():
    for kind, files in ('bounded', BOUNDED), ('endless', ENDLESS):
        os.makedirs(os.path.join(sys.argv[2], kind), exist_ok=True)
        for name, make in files:
            make(os.path.join(sys.argv[2], kind, name + '.xlsx'))


main()
