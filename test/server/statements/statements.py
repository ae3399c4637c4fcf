#!/usr/bin/env python3
"""Every statement on the private tables that C code holds can be prepared against the tables, views and functions as they are.

A statement is prepared when it is first run, and some run only with Redis, after a death or once a day. The statements are
taken from the preprocessed sources, where macros are strings and types are numbers.
"""
import ast
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
sys.path.insert(0, os.path.join(ROOT, "test/tools"))
from server import Server

STRING = r'"(?:[^"\\\n]|\\.)*"'
STATEMENT = re.compile(rf"\bPrivateStatement\s+(\w+)\s*=\s*\{{\s*((?:{STRING}\s*)+),\s*(\d+)\s*,\s*\{{([^}}]*)\}}")
DECLARED = re.compile(r"\bPrivateStatement\s+\w+\s*=")


def preprocessed(path):
    config = os.environ.get("PG_CONFIG", "pg_config")
    server, internal = (subprocess.check_output([config, option], text=True).strip()
                        for option in ("--includedir-server", "--pkgincludedir"))
    return subprocess.check_output(["cc", "-E", "-P", "-D_GNU_SOURCE", "-I.", f"-I{server}", f"-I{internal}/internal", path],
                                   text=True, cwd=os.path.join(ROOT, "extension"))


def statements():
    """(place, SQL, types) of each; a declaration that is not understood has no SQL."""
    for folder, _, names in sorted(os.walk(os.path.join(ROOT, "extension"))):
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), os.path.join(ROOT, "extension"))
            if not name.endswith(".c") or not DECLARED.search(open(os.path.join(folder, name)).read()):
                continue
            text = preprocessed(path)
            found = STATEMENT.findall(text)
            for variable, strings, count, types in found:
                sql = "".join(ast.literal_eval(string) for string in re.findall(STRING, strings))
                yield f"{path}: {variable}", sql, [part.strip() for part in types.split(",")][:int(count)]
            for _ in range(len(DECLARED.findall(text)) - len(found)):
                yield f"{path}: a statement of another form", None, []


def main():
    server, types_seen, passed, failed = Server("statements", "fsync = off\n"), {}, 0, 0
    try:
        server.sql("CREATE EXTENSION pg_xlsx")
        for place, sql, types in statements():
            try:
                if sql is None:
                    raise RuntimeError("this test does not understand it")
                for oid in set(types) - set(types_seen):
                    types_seen[oid] = server.sql(f"SELECT {oid}::regtype")
                names = ", ".join(types_seen[oid] for oid in types)
                server.sql(f"SET search_path = pg_catalog, pg_temp;\nPREPARE s{f' ({names})' if names else ''} AS {sql};")
                passed += 1
            except RuntimeError as error:
                print(f"not ok: {place}: {str(error).strip()}", flush=True)
                failed += 1
    finally:
        server.remove()
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
