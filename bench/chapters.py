"""BENCHMARKS.md has chapters that programs write apart from each other: each stands between two comments that name it."""
import os
import re


def marks(name):
    return f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"


def put(file, name, text):
    """Replaces a chapter, or adds it at the end."""
    begin, end = marks(name)
    old = open(file).read() if os.path.exists(file) else ""
    chapter = begin + text.rstrip("\n") + "\n" + end
    pattern = re.escape(begin) + ".*?" + re.escape(end)
    if re.search(pattern, old, re.S):
        new = re.sub(pattern, lambda _: chapter, old, flags=re.S)
    else:
        new = old.rstrip("\n") + "\n\n" + chapter
    with open(file, "w") as out:
        out.write(new)


def keep(file, text):
    """Writes the file anew, with the chapters that others have written."""
    old = open(file).read() if os.path.exists(file) else ""
    chapters = re.findall(r"^<!-- ([a-z]+) -->\n.*?^<!-- end of \1 -->\n", old, re.S | re.M)
    found = [re.search(re.escape(marks(name)[0]) + ".*?" + re.escape(marks(name)[1]), old, re.S).group(0) for name in chapters]
    with open(file, "w") as out:
        out.write("\n".join([text.rstrip("\n") + "\n"] + found))
