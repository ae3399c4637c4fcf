#!/usr/bin/env python3
"""Makes a workbook of given cells, so large that a second process reads it: typed_book.py CORPUS_TOOLS PATH 1900|1904

Each line of standard input is a row, its cells are separated by tabs: TYPE:VALUE with the type of ST_CellType, or
STYLE for a number (general, date, time, elapsed); rich:VALUE is an error that stands for a rich value, such as a picture in
the cell; an empty cell is blank.
"""
import random, sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from hostile import MAIN, PACKAGE, REL, RELS, TARGETS, WORKBOOK, Zip

STYLES = {'general': 0, 'date': 14, 'time': 21, 'elapsed': 46}


def cell(text):
    kind, _, value = text.partition(':')
    if text == '':
        return '<c/>'
    if kind in STYLES:
        return '<c s="%d"><v>%s</v></c>' % (list(STYLES).index(kind), value)
    if kind == 'rich':
        return '<c t="e" vm="1"><v>%s</v></c>' % value
    return '<c t="%s"><v>%s</v></c>' % (kind, value)


random.seed(42)
rows = ['<row>%s</row>' % ''.join(map(cell, line.rstrip('\n').split('\t'))) for line in sys.stdin]
pad = ['<row><c t="str"><v> </v></c>%s<c t="str"><v>%s</v></c></row>' % ('<c/>' * 50, '%x' % random.getrandbits(8000)) for i in range(2000)]
z = Zip(sys.argv[2]).add(*RELS)
z.add('w.xml', WORKBOOK[1].replace('<sheets>', '<workbookPr date1904="%d"/><sheets>' % (sys.argv[3] == '1904')))
z.add('_rels/w.xml.rels', '<Relationships xmlns="%s"><Relationship Id="a" Type="%s/worksheet" Target="s.xml"/>'
      '<Relationship Id="c" Type="%s/styles" Target="y.xml"/></Relationships>' % (PACKAGE, REL, REL))
z.add('y.xml', '<styleSheet xmlns="%s"><cellXfs>%s</cellXfs></styleSheet>' % (MAIN, ''.join('<xf numFmtId="%d"/>' % n for n in STYLES.values())))
z.add('s.xml', '<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (MAIN, ''.join(rows + pad))).close()
