#!/usr/bin/env python3
"""An import changes a table as plain SQL would, row by row.

usage: agree.py [CASES] [SEED]

Every case makes a random table and random rows.  The judge is a loop that
casts, inserts or updates each row separately, in the order of the sheet, and
records the result.  Then xlsx.import imports the rows, after a dry run, and so
does a task in the background.  The table must equal the judge's, the error rows
must be the rows that failed, and the counts and what is told of each row must be those of the judge.  The
seed of the first case is printed; each further case adds 1.
"""
import base64
import os
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))
import book
from case import COLUMNS, KEYED, WHOLE, Case
from server import Server

SETTINGS = "fsync = off\nclient_min_messages = error\n"

SETUP = """
CREATE EXTENSION pg_xlsx;
CREATE SCHEMA shared;
CREATE TYPE shared.kind AS ENUM ('a', 'b', 'c');
CREATE TABLE shared.r (id int PRIMARY KEY);
INSERT INTO shared.r SELECT generate_series(1, 5);
CREATE TABLE shared.source (number int, {0} text);
CREATE TABLE shared.failed (number int);
CREATE TABLE shared.outcome (number int, outcome text);
CREATE TABLE shared.absent (rows bigint);
""".format(" text, ".join(COLUMNS))

# Numbers that new rows have drawn are left out: which row has which is not told.
STATE = """
SELECT count(*) || ' rows ' || coalesce(md5(string_agg(r.row, '' ORDER BY r.row)), '')
FROM (SELECT (to_jsonb(t) || CASE WHEN t.code LIKE 'n%' THEN '{{"id": 0}}' ELSE '{{}}' END::jsonb)::text AS row FROM {0}.t) AS r"""
COUNTS = "total_rows, saved_rows, error_rows, inserted_rows, updated_rows, unchanged_rows, skipped_rows, deleted_rows, absent_rows"
OUTCOMES = """
SELECT (SELECT count(*) FROM shared.source), count(*) FILTER (WHERE outcome IN ('inserted', 'updated', 'unchanged')),
  (SELECT count(*) FROM shared.failed), count(*) FILTER (WHERE outcome = 'inserted'), count(*) FILTER (WHERE outcome = 'updated'),
  count(*) FILTER (WHERE outcome = 'unchanged'), count(*) FILTER (WHERE outcome = 'skipped'), 0, (SELECT rows FROM shared.absent) FROM shared.outcome"""


TOLD = """
SELECT coalesce(string_agg(number || ' ' || outcome, ', ' ORDER BY number), '')
FROM (SELECT number, outcome FROM shared.outcome UNION ALL SELECT number, 'error' FROM shared.failed) AS o"""
SAID = """
SELECT coalesce(string_agg(row_number || ' ' || action, ', ' ORDER BY row_number), '') FROM xlsx.task_rows((SELECT max(id) FROM xlsx.tasks))"""

TYPES = dict(id="numeric::int", name="text", amount="numeric(8,2)", born="date", kind="shared.kind", ref="int", flag="boolean", code="text",
             factor="float8", whose="text")


def given_values(case):
    """The values of a new row: what the cells say, or the defaults in place of blank ones."""
    for name in case.columns():
        if name == "whose":
            yield {"given": "'p7'", "lacking": "NULL" if case.blank == "null" else "'nobody'"}[case.whose] + "::text"
            continue
        value = "NULL" if name in case.missing else f"nullif(r.{name}, '~')" if case.clears else f"r.{name}"
        blank = "true" if name in case.missing else f"r.{name} IS NULL" if case.blank != "null" else "false"
        if name == "kind" and case.default:
            value = f"CASE WHEN {blank} THEN 'b' ELSE {value} END"
        yield f"({value})::{TYPES[name]}"


def changed_values(case):
    """The values of a row that is updated."""
    for name in case.columns():
        if name == "whose":
            touched = str(case.whose == "given" or case.blank != "keep").lower()
        else:
            touched = "false" if name in case.missing else f"r.{name} IS NOT NULL" if case.blank == "keep" else "true"
        yield f"CASE WHEN {touched} THEN given.{name} ELSE t.{name} END"


def required_sql(case):
    """What is asked of a row before its key is looked for, and so before a trigger could leave it out."""
    if not case.identity:
        yield "IF given.id IS NULL THEN RAISE EXCEPTION 'has no key'; END IF;"
    if not case.not_null:
        return
    if case.clears:
        yield "IF r.name = '~' THEN RAISE EXCEPTION 'clears its name'; END IF;"
    if case.mode not in KEYED or (case.mode != "skip" and case.blank != "keep" and "name" not in case.missing):
        yield "IF given.name IS NULL THEN RAISE EXCEPTION 'has no name'; END IF;"


def taken_sql(case):
    return "abs(given.id)" if case.key == "expression" else "given.id"


def key_sql(case):
    """Which row has the key. A row of the file that is outside of the index has none where it might be inserted."""
    if case.key == "expression":
        return "abs(id) = abs(given.id)"
    if case.key == "partial":
        return "id = given.id AND flag" + " AND given.flag" * (case.mode != "update")
    return "id = given.id"


def judge_sql(case):
    """A function that takes the source row by row into the judge's table."""
    values, changes, names = ", ".join(given_values(case)), ", ".join(changed_values(case)), ", ".join(case.columns())
    same = key_sql(case)
    settings = ", ".join(f"{name} = changed.{name}" for name in case.columns() if name != "id" or not case.identity)
    there = f"EXISTS (SELECT FROM judge.t WHERE {same})"
    insert = "IF given.name IS NULL THEN RAISE EXCEPTION 'has no name'; END IF;" * case.not_null
    insert += "INSERT INTO judge.t OVERRIDING SYSTEM VALUE SELECT (given).*; GET DIAGNOSTICS n = ROW_COUNT; became := CASE n WHEN 0 THEN 'skipped' ELSE 'inserted' END;"
    update = (f"SELECT {changes} INTO changed FROM judge.t WHERE {same};"
              f" IF EXISTS (SELECT FROM judge.t WHERE {same} AND t IS DISTINCT FROM changed) THEN"
              f" UPDATE judge.t SET {settings} WHERE {same};"
              " GET DIAGNOSTICS n = ROW_COUNT; became := CASE n WHEN 0 THEN 'skipped' ELSE 'updated' END;"
              " ELSE became := 'unchanged'; END IF;")
    save = {
        **dict.fromkeys(("upsert", "sync"), f"IF {there} THEN {update} ELSE {insert} END IF;"),
        "skip": f"IF NOT {there} THEN {insert} ELSE became := 'skipped'; END IF;",
        "update": f"IF NOT {there} THEN RAISE EXCEPTION 'is not there'; END IF; {update}",
    }.get(case.mode, insert)
    required = " ".join(required_sql(case))
    # A key is taken by a row that was not refused.
    what = case.duplicates or ("first" if case.mode == "skip" else None)
    if what in ("first", "error"):
        left = {"first": "became := 'skipped';", "error": "RAISE EXCEPTION 'the key comes again';"}[what]
        has_key = "coalesce(given.flag, false)" if case.key == "partial" and case.mode != "update" else "true"
        save = (f"IF {has_key} AND {taken_sql(case)} = ANY (taken) THEN {left} ELSE {save}"
                f" IF {has_key} THEN taken := taken || {taken_sql(case)}; END IF; END IF;")
    if case.identity:
        new = "RAISE EXCEPTION 'is not there';" if case.mode == "update" else "given.id := nextval('judge.numbers'); " + insert
        save = f"IF given.id IS NULL THEN {new} ELSE {save} END IF;"
    return f"""
      CREATE SEQUENCE judge.numbers START 100000;
      CREATE FUNCTION judge.go() RETURNS void LANGUAGE plpgsql AS $go$
      DECLARE r record; given judge.t; changed judge.t; n bigint; became text; taken int[] := '{{}}';
      BEGIN
        SET CONSTRAINTS ALL IMMEDIATE;
        {"TRUNCATE judge.t;" * (case.mode == "replace")}
        FOR r IN SELECT * FROM shared.source ORDER BY number LOOP
          BEGIN
            IF r.id::numeric <> trunc(r.id::numeric) THEN RAISE EXCEPTION 'is no whole number'; END IF;
            SELECT {values} INTO given;
            {required}
            {save}
            INSERT INTO shared.outcome VALUES (r.number, became);
          EXCEPTION WHEN OTHERS THEN
            INSERT INTO shared.failed VALUES (r.number);
          END;
        END LOOP;
      END $go$;
      SELECT judge.go();"""


def copied(value):
    return r"\N" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def judge(server, case):
    """The state that the table must have, the numbers of the rows that must be bad, and the counts."""
    lines = "".join("\t".join(map(copied, [number, *row])) + "\n" for number, row in enumerate(case.rows, 2))
    server.sql(f"TRUNCATE shared.source, shared.failed, shared.outcome, shared.absent; INSERT INTO shared.absent VALUES (0);\nCOPY shared.source FROM stdin;\n{lines}\\.\n"
               + case.table("judge"))
    case.in_scope = int(server.sql(f"SELECT count(*) FROM judge.t AS r WHERE {case.judged_scope()}"))
    server.sql(judge_sql(case))
    failed = server.sql("SELECT coalesce(array_agg(number ORDER BY number), '{}') FROM shared.failed")
    stopped = case.mode == "sync" and judge_absent(server, case)
    if stopped or (case.mode in WHOLE and failed != "{}"):
        server.sql(case.table("judge"))
        server.sql("TRUNCATE shared.outcome")
    return server.sql(STATE.format("judge")), numbers(failed), server.sql(OUTCOMES), server.sql(TOLD)


def judge_absent(server, case):
    """What becomes of rows that the file lacks; true if they are too many."""
    ids = ", ".join(str(row[0]) for row in case.rows if isinstance(row[0], int) and row[0] < 2 ** 31)
    key = "abs(%s)" if case.key == "expression" else "%s"
    lacks = f"({case.judged_scope()}) AND coalesce(r.code, '') NOT LIKE 'n%' AND {key % 'r.id'} <> ALL (ARRAY(SELECT {key % 'i'} FROM unnest(ARRAY[{ids}]::int[]) AS i))"
    changed = ""
    if case.absent not in (None, "report"):
        changed = " AND (r.factor, r.flag) IS DISTINCT FROM " + (
            "(-1::float8, r.flag)" if case.absent == "factor = -1" else "(coalesce(factor, 0) + 1, NOT flag)")
    count = int(server.sql(f"SELECT count(*) FROM judge.t AS r WHERE {lacks}{changed}"))
    if case.absent == "report":
        server.sql(f"UPDATE shared.absent SET rows = {count}")
        return False
    if case.unreadable() or (server.sql("SELECT count(*) FROM shared.outcome") == "0" and not case.allow_empty):
        return False
    if case.max_absent is not None:
        limit = float(case.max_absent.rstrip("%"))
        if case.max_absent.endswith("%"):
            limit = limit * case.in_scope / 100
        if count > limit:
            return True
    server.sql(f"UPDATE judge.t AS r SET {case.absent} WHERE {lacks}{changed}" if case.absent else f"DELETE FROM judge.t AS r WHERE {lacks}")
    server.sql(f"UPDATE shared.absent SET rows = {count}")
    return False


def numbers(array):
    return {int(number) for number in array.strip("{}").split(",") if number}


def profile_sql(case):
    include = ", include => '{id}'" if case.identity else ""
    whose = "SELECT xlsx.set_column('p', 'whose', source => 'param');" if case.whose else ""
    return (case.table("given") + "SELECT xlsx.drop_profile(name) FROM xlsx.profiles;"
            f"SELECT xlsx.create_profile('p', 'given.t'{include}); {whose} SELECT xlsx.alter_profile('p', mode => '{case.mode}',"
            f" key_columns => '{{{'abs(id)' if case.key == 'expression' else 'id'}}}', duplicate_keys => '{case.duplicates or ''}',"
            f" blank_cells => '{case.blank}', clear_token => '{'~' * case.clears}',"
            f" keep_rows => {str(case.told).lower()}"
            + (f", scope => $${case.scope}$$, absent => $${case.absent or ''}$$, max_absent => '{case.max_absent or ''}', allow_empty => {case.allow_empty}"
               if case.mode == "sync" else "") + ");")


def imported(server, case, file):
    """By xlsx.import, and the dry run must have said the same."""
    counts = [server.sql(f"SELECT {COUNTS} FROM xlsx.import('p', {file}, dry_run => {dry}{params(case)})") for dry in ("true", "false")]
    # A dry run moves no sequence, so numbers that it draws may be among those of the file.
    if counts[0] != counts[1] and not (case.anonymous and case.numbers_from == 1) and not (case.mode in (*WHOLE, "sync") and server.sql("SELECT status FROM xlsx.tasks ORDER BY id DESC LIMIT 1") == "FAILED"):
        yield f"the dry run said {counts[0]}, the import {counts[1]}"


def params(case):
    return ", params => '{\"whose\": \"p7\"}'" if case.whose == "given" else ""


def submitted(server, case, file):
    """By a task in the background."""
    status = server.sql(f"SELECT xlsx.submit('p', {file}{params(case)}) AS task \\gset\nSELECT xlsx.wait(:task, '60 s');")
    if status not in ("COMPLETED", "HAS_ERRORS", "FAILED"):
        yield f"the task is {status}"


def differences(server, case):
    state, failed, counts, told = judge(server, case)
    sheet = [[value for name, value in zip(COLUMNS, row) if name not in case.missing] for row in (COLUMNS, *case.rows)]
    file = base64.b64encode(book.workbook({"Sheet": sheet})).decode()
    for way in (imported, submitted):
        if way is imported and case.trigger == "deferred":
            continue            # what a caller has deferred, his own commit finds
        server.sql(profile_sql(case))
        for difference in way(server, case, f"decode('{file}', 'base64')"):
            yield f"{way.__name__}: {difference}"
        found = server.sql(STATE.format("given"))
        if found != state:
            yield f"{way.__name__}: the table has {found}, but should have {state}"
        said = server.sql(f"SELECT {COUNTS} FROM xlsx.tasks ORDER BY id DESC LIMIT 1")
        if said != counts and not (case.mode in WHOLE and failed and said.split("|")[3:] == counts.split("|")[3:]):
            yield f"{way.__name__}: the task counts {said}, the judge {counts} ({COUNTS})"
        rows = server.sql(SAID)
        if case.told and rows != told and not (case.mode in WHOLE and failed):
            unlike = sorted(set(rows.split(", ")) ^ set(told.split(", ")))[:10]
            yield f"{way.__name__}: xlsx.task_rows and the judge differ in {unlike}"
        bad = numbers(server.sql("SELECT coalesce(array_agg(DISTINCT row_number), '{}')"
                                 " FROM xlsx.task_errors((SELECT max(id) FROM xlsx.tasks))"))
        # A mode that keeps all or nothing does not try to save when a cell is bad.
        if bad != failed and not (case.mode in WHOLE and bad and bad < failed):
            yield f"{way.__name__}: only one of the two finds these rows bad: {sorted(bad ^ failed)[:20]}"


def main(cases=25, seed=None):
    seed = int(seed) if seed is not None else random.randrange(10 ** 6)
    print(f"seed {seed}", flush=True)
    server, wrong = Server("agree", SETTINGS), 0
    try:
        server.sql(SETUP)
        for case in map(Case, range(seed, seed + int(cases))):
            found = list(differences(server, case))
            wrong += bool(found)
            for line in found:
                print(f"not ok: {case}:\n    {line}", flush=True)
    finally:
        server.remove()
    print(f"{int(cases) - wrong} passed, {wrong} failed, 0 skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
