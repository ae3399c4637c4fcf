#!/usr/bin/env python3
"""Files that are made to hurt a reader: each must be refused, or read, within its budget.

    hostile.py XLSXDUMP WORK_DIR [--megabytes N]
    hostile.py --make WORK_DIR      only makes them. Beside NAME.xlsx lies NAME.txt with words of the refusal (empty: it may be read)
                                    and NAME.megabytes with the memory that it may take

5 seconds of CPU time and 256 MiB of resident memory per file, or more if the file is made to fill a larger budget. Refusals
must say what is wrong. Each file is read with the default limits of core/limits.h.
"""
import os, shutil, signal, struct, sys, zlib

sys.dont_write_bytecode = True
import check

MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
PACKAGE = 'http://schemas.openxmlformats.org/package/2006/relationships'
RELS = ('_rels/.rels', '<Relationships xmlns="%s"><Relationship Id="a" Type="%s/officeDocument" Target="w.xml"/></Relationships>' % (PACKAGE, REL))
WORKBOOK = ('w.xml', '<workbook xmlns="%s" xmlns:r="%s"><sheets><sheet name="S" r:id="a"/></sheets></workbook>' % (MAIN, REL))
TARGETS = ('_rels/w.xml.rels', '<Relationships xmlns="%s"><Relationship Id="a" Type="%s/worksheet" Target="s.xml"/>'
           '<Relationship Id="b" Type="%s/sharedStrings" Target="t.xml"/></Relationships>' % (PACKAGE, REL, REL))
SHEET = ('s.xml', '<worksheet xmlns="%s"><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>' % MAIN)


class Repeated:
    """head + body * times + tail, deflated without ever being whole in memory; its checksum is false unless asked for"""

    def __init__(self, head, body, times, tail, checksum=False):
        pack = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.pieces = [pack.compress(head.encode()) + pack.flush(zlib.Z_FULL_FLUSH)]
        again = pack.compress(body.encode()) + pack.flush(zlib.Z_FULL_FLUSH)
        self.pieces += [again] * times
        self.pieces.append(pack.compress(tail.encode()) + pack.flush())
        self.size = len(head) + len(body) * times + len(tail)
        self.crc = 0
        for piece in [head] + [body] * times + [tail] if checksum else []:
            self.crc = zlib.crc32(piece.encode(), self.crc)


class Zip:
    def __init__(self, path):
        self.file, self.directory, self.count = open(path, 'wb'), [], 0

    def add(self, name, content, claimed=None):
        if isinstance(content, Repeated):
            pieces, size, crc = content.pieces, content.size, content.crc
        else:
            data = content.encode() if isinstance(content, str) else content
            pack = zlib.compressobj(6, zlib.DEFLATED, -15)
            pieces, size, crc = [pack.compress(data) + pack.flush()], len(data), zlib.crc32(data)
        size = size if claimed is None else claimed
        stored, offset = sum(map(len, pieces)), self.file.tell()
        extra = struct.pack('<HHQQ', 1, 16, size, stored)
        common = struct.pack('<HHHIIIIHH', 45, 0, 8, 0, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(extra))
        self.file.write(b'PK\3\4' + common + name.encode() + extra)
        self.file.writelines(pieces)
        self.directory.append(b'PK\1\2' + struct.pack('<H', 45) + common + struct.pack('<HHHII', 0, 0, 0, 0, offset) + name.encode() + extra)
        self.count += 1
        return self

    def close(self, times=1):
        start = self.file.tell()
        for _ in range(times):
            self.file.writelines(self.directory)
        size, count = self.file.tell() - start, self.count * times
        end64 = self.file.tell()
        self.file.write(b'PK\6\6' + struct.pack('<QHHIIQQQQ', 44, 45, 45, 0, 0, count, count, size, start))
        self.file.write(b'PK\6\7' + struct.pack('<IQI', 0, end64, 1))
        self.file.write(b'PK\5\6' + struct.pack('<HHHHIIH', 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))
        self.file.close()


def book(path, sheet=SHEET[1], strings=None, claimed=None):
    z = Zip(path).add(*RELS).add(*WORKBOOK).add(*TARGETS).add('s.xml', sheet, claimed)
    if strings is not None:
        z.add('t.xml', strings)
    z.close()


def rows(count, cells='<c><v>1</v></c>'):
    return ('<row>%s</row>' % cells) * count


HEAD, TAIL = '<worksheet xmlns="%s"><sheetData>' % MAIN, '</sheetData></worksheet>'
NOISE = ''.join('<row><c t="str"><v>%08x%08x</v></c></row>' % (i * 2654435761 % 2**32, i * i * 40503 % 2**32) for i in range(1, 20000))


def many_strings(count, padding='', checksum=False):
    block = ''.join('<si><t>%07d%s</t></si>' % (i, padding) for i in range(10000))
    return Repeated('<sst xmlns="%s">' % MAIN, block, count // 10000, '</sst>', checksum)


# Files that fill a budget which is larger than the memory that the others may take.
MEGABYTES = {'more-strings': 512 + 64}


# name, how to make it, words of the refusal (None: it may as well be read)
FILES = [
    ('ten-gigabytes', lambda p: book(p, Repeated(HEAD, rows(50000), 10**10 // len(rows(50000)), TAIL)), 'max_compression_ratio'),
    ('twenty-gigabytes-by-its-own-words', lambda p: book(p, claimed=20 << 30), 'max_entry_bytes'),
    ('three-gigabytes-of-space', lambda p: book(p, Repeated(HEAD, ' ' * (1 << 20), 3072, TAIL)), 'max_compression_ratio'),
    ('size-lie', lambda p: book(p, Repeated(HEAD, rows(50000), 2000, TAIL), claimed=1000), 'longer than the directory'),
    ('size-lie-below-the-ratio', lambda p: book(p, Repeated(HEAD, rows(50000), 2000, TAIL), claimed=1 << 31), 'max_compression_ratio'),
    ('endless-rows', lambda p: book(p, Repeated(HEAD, NOISE, 100, TAIL)), 'max_rows'),
    ('endless-row', lambda p: book(p, Repeated(HEAD + '<row>', NOISE.replace('<row>', '').replace('</row>', ''), 100, '</row>' + TAIL)), 'max_columns'),
    ('endless-text', lambda p: book(p, Repeated(HEAD + '<row><c t="str"><v>', NOISE.replace('<', ' ').replace('>', ' '), 100, '</v></c></row>' + TAIL)), 'max_string_length'),
    ('endless-comment', lambda p: book(p, Repeated('<worksheet xmlns="%s"><!--' % MAIN, NOISE.replace('-', ' '), 100, '-->' + TAIL)), 'too long'),
    ('endless-tag', lambda p: book(p, Repeated('<worksheet xmlns="%s"' % MAIN, ''.join(' a%d="%s"' % (i, 'x' * 30) for i in range(20000)), 50, '>' + TAIL)), 'too long'),
    ('attributes', lambda p: book(p, '<worksheet xmlns="%s"%s>%s' % (MAIN, ''.join(' a%d="1"' % i for i in range(20000)), TAIL)), 'max_xml_attributes'),
    ('namespaces', lambda p: book(p, '<worksheet xmlns="%s"%s>%s' % (MAIN, ''.join(' xmlns:a%d="u%d" a%d:b="1"' % (i, i, i) for i in range(6000)), TAIL)), 'max_xml_attributes'),
    ('nesting', lambda p: book(p, HEAD + '<a>' * 1000000), 'max_xml_depth'),
    ('many-strings', lambda p: book(p, strings=many_strings(10000000, checksum=True)), None),
    ('more-strings', lambda p: book(p, strings=many_strings(1800000, 'x' * 300)), 'max_shared_strings_bytes'),
    ('wide-text', lambda p: book(p, HEAD + '<row>' + ('<c t="inlineStr"><is><r><t>%s</t></r></is></c>' % NOISE.replace('<', ' ').replace('>', ' ')[:30000]) * 2000 + '</row>' + TAIL), 'max_row_bytes'),
    ('million-entries', lambda p: Zip(p).add(*RELS).close(1000000), 'max_entries'),
    ('forty-two', lambda p: Zip(p).add('1.zip', Repeated('', 'PK' * 500000, 2000, '')).close(16), 'without a workbook'),
    ('many-sheets', lambda p: Zip(p).add(*RELS).add('w.xml', WORKBOOK[1].replace('<sheet name="S" r:id="a"/>', '<sheet name="S" r:id="a"/>' * 9000))
     .add('_rels/w.xml.rels', TARGETS[1].replace('<Rel', '<Rel', 1).replace('</Relationships>', ('<Relationship Id="a" Type="%s/worksheet" Target="x"/>' % REL) * 9000 + '</Relationships>')).close(),
     'is missing from the file'),
    ('more-sheets', lambda p: Zip(p).add(*RELS).add('w.xml', WORKBOOK[1].replace('<sheet name="S" r:id="a"/>', '<sheet name="S" r:id="a"/>' * 60000))
     .add(*TARGETS).close(), 'max_entries'),
    ('entities', lambda p: book(p, '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">]><worksheet xmlns="%s">%s' % (MAIN, TAIL)), 'document type'),
    ('false-ends', lambda p: open(p, 'wb').write(b'PK\5\6' * 100000), 'damaged'),
]


def main(program, work, megabytes):
    def on_alarm(*_):
        raise TimeoutError
    signal.signal(signal.SIGALRM, on_alarm)
    check.SECONDS = 5
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    failed = 0
    for name, make, words in FILES:
        path = os.path.join(work, name + '.xlsx')
        make(path)
        code, why = check.run(program, path, os.devnull, path + '.err', MEGABYTES.get(name, megabytes))
        said = open(path + '.err', errors='replace').read()
        if code == 1 and not (check.is_one_line(path + '.err') and (words is None or words in said)):
            why = 'refused, but not because of %s: %s' % (words, said)
        elif code == 0 and words is not None:
            why = 'accepted'
        if why:
            failed += 1
            print('not ok: %s: %s' % (name, why))
        os.remove(path)
    print('%d passed, %d failed, 0 skipped' % (len(FILES) - failed, failed))
    return 1 if failed else 0


def make_all(work):
    os.makedirs(work, exist_ok=True)
    for name, make, words in FILES:
        make(os.path.join(work, name + '.xlsx'))
        with open(os.path.join(work, name + '.txt'), 'w') as file:
            file.write(words or '')
        with open(os.path.join(work, name + '.megabytes'), 'w') as file:
            file.write(str(MEGABYTES.get(name, 256)))


if __name__ == '__main__':
    if sys.argv[1:2] == ['--make'] and len(sys.argv) == 3:
        make_all(sys.argv[2])
        sys.exit(0)
    arguments, megabytes = check.take_megabytes(sys.argv[1:])
    if len(arguments) != 2:
        print(__doc__)
        sys.exit(2)
    sys.exit(main(arguments[0], arguments[1], megabytes))
