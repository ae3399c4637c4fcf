#!/usr/bin/env python3
"""Reading 1,000,000 rows takes no more memory than reading 1,000.

    growth.py XLSXDUMP WORK_DIR

Inline strings, one sheet. The test compares the peaks of resident memory, which differ by some pages from run to run.
"""
import os, shutil, subprocess, sys

sys.dont_write_bytecode = True
import hostile

ROWS = (1000, 1000000)
BUFFERS = 512           # kB that a small file does not fill; a byte a row would be twice as much


def row(i):
    cell = '<c t="inlineStr"><is><t>%s</t></is></c>'
    return '<row>%s<c><v>%d</v></c></row>' % (cell % ('Name %08x' % (i * 2654435761 % 2**32)) + cell % ('%010d' % (i * i * 40503 % 10**10)), i)


def resident(pid):
    """The peak so far, kB; 0 when the process has ended."""
    with open('/proc/%d/status' % pid) as status:
        return next((int(line.split()[1]) for line in status if line.startswith('VmHWM')), 0)


def peak(program, path):
    """kB, read while the last of the cells wait in the pipe: what wait() tells is never less than this script's own."""
    child = subprocess.Popen([program, path], stdout=subprocess.PIPE)
    most = 0
    while len(child.stdout.peek(1)) > 0:
        most = max(most, resident(child.pid))
        child.stdout.read1(1 << 16)
    if child.wait() != 0:
        sys.exit('%s: exit status %d' % (path, child.returncode))
    return most


def main(program, work):
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    block = ''.join(map(row, range(1, ROWS[0] + 1)))
    peaks = []
    for rows in ROWS:
        path = os.path.join(work, '%d.xlsx' % rows)
        hostile.book(path, hostile.Repeated(hostile.HEAD, block, rows // ROWS[0], hostile.TAIL, checksum=True))
        peaks.append(peak(program, path))
    shutil.rmtree(work)
    print('%d rows: %d kB; %d rows: %d kB' % (ROWS[0], peaks[0], ROWS[1], peaks[1]))
    grown = peaks[1] - peaks[0] > BUFFERS
    print('%d passed, %d failed, 0 skipped' % (not grown, grown))
    return 1 if grown else 0


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
