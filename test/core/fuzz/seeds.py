#!/usr/bin/env python3
"""Makes the fuzzers' first inputs from real workbooks.   usage: seeds.py CORPUS OUT

Writes OUT/core_sheet, OUT/core_strings, OUT/core_styles, OUT/core_package, OUT/core_zip and OUT/core_book from small workbooks.
"""
import os, sys, zipfile

corpus, out = sys.argv[1:]
LIMIT = 4096


def put(fuzzer, name, data):
    if 0 < len(data) <= LIMIT:
        folder = os.path.join(out, fuzzer)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name), 'wb') as f:
            f.write(data)


for name in sorted(os.listdir(os.path.join(corpus, 'files'))):
    path = os.path.join(corpus, 'files', name)
    if os.path.getsize(path) <= 2 * LIMIT:
        with open(path, 'rb') as f:
            whole = f.read()
        put('core_book', name, whole)
        put('core_zip', name, whole)
    try:
        z = zipfile.ZipFile(path)
        read = lambda part: z.read(part) if z.getinfo(part).file_size < 1 << 20 else b''
        for part in z.namelist():
            low, label = part.lower().replace('\\', '/'), name + '-' + os.path.basename(part)
            if '/worksheets/' in low and low.endswith('.xml'):
                data = read(part)
                put('core_sheet', label, data)
                start, end = data.find(b'<row'), data.find(b'</row>', 2000)
                if len(data) > LIMIT and 0 <= start < end:
                    put('core_sheet', label + '-rows', data[start:end + 6])
            elif low.endswith('sharedstrings.xml'):
                put('core_strings', label, read(part)[:LIMIT])
            elif low.endswith('styles.xml'):
                put('core_styles', label, read(part)[:LIMIT])
        parts = [read(p) for p in ('_rels/.rels', 'xl/workbook.xml', 'xl/_rels/workbook.xml.rels')]
        put('core_package', name, b'\n----\n'.join(parts))
    except Exception:           # the corpus has broken files, and those are no seeds for parts
        continue
