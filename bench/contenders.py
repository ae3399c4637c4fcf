"""The programs that load a workbook into a table: a function for each, which runs it and returns its cost."""
import os
import shutil
import subprocess

from measure import ROOT, Skipped, run

PEERS = os.path.join(ROOT, "bench/peers")


def need(program, package):
    if shutil.which(program) is None:
        raise Skipped(f"{program} is not installed (Debian: {package})")


def copy_csv(server, load, table):
    _, csv = load.make(server)
    return run(server, ["psql", "-Xqc", f"COPY {table} FROM '{csv}' (FORMAT csv, HEADER)"])


def pg_xlsx(server, load, table):
    """Submit to terminal state: upload store, checks, packets, progress and all commits. The file lies where COPY's does."""
    xlsx, _ = load.make(server)
    cost = run(server, ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1"], f"""
SELECT xlsx.submit('{table}', xlsx.server_file('{xlsx}'), '{load.name}.xlsx') AS task \\gset
SELECT xlsx.wait(:task);
""")
    if cost["output"] not in ("COMPLETED", "HAS_ERRORS"):
        raise RuntimeError(f"import ended as {cost['output']}")
    return cost


def pg_xlsx_alone(server, load, table):
    """The same in one process."""
    server.sql("ALTER ROLE postgres SET pg_xlsx.read_ahead = off")
    try:
        return pg_xlsx(server, load, table)
    finally:
        server.sql("ALTER ROLE postgres RESET ALL")


INDEX_AFTERWARDS = "SELECT xlsx.alter_profile('people', index_after_load => 'empty')"
UPSERT = "SELECT xlsx.alter_profile('people', mode => 'upsert')"
GERMAN = """SELECT xlsx.alter_profile('wide', date_order => 'DMY', "decimal" => ',')"""
UNIQUE = "SELECT xlsx.add_rule('people', 'unique', 'bio_id')"

# What a profile may do besides taking cells as they are: for people, is there a key, SQL that sets it up.
OPTIONS = (
    ("a rule for cells: at most 50 characters", False, "SELECT xlsx.add_rule('people', 'max_length', 'name', '{50}')"),
    ("a rule for cells: a regular expression", False, "SELECT xlsx.add_rule('people', 'pattern', 'bio_id', '{^BIO-[0-9]+$}')"),
    ("a rule for rows: an expression of SQL", False, "SELECT xlsx.add_rule('people', 'expression', argument => '{length(name) < 100}')"),
    ("a rule for the file: no Bio-ID comes twice", False, UNIQUE),
    ("a transformation: an expression of SQL", False, "SELECT xlsx.set_column('people', 'name', transform => 'btrim(value)')"),
    ("a lookup among 10,000 names", False, """CREATE TABLE IF NOT EXISTS gender (name text PRIMARY KEY);
INSERT INTO gender VALUES ('Male'), ('Female'), ('Other') ON CONFLICT DO NOTHING;
INSERT INTO gender SELECT 'Gender ' || i FROM generate_series(1, 10000) AS i ON CONFLICT DO NOTHING;
SELECT xlsx.set_column('people', 'gender', lookup => 'SELECT name, name FROM gender')"""),
    ("mode upsert", True, UPSERT),
    ("mode upsert, keeping what xlsx.undo needs", True, "SELECT xlsx.alter_profile('people', mode => 'upsert', keep_old => true)"),
)

# What keeping rows costs: is there a key, SQL of the import beside which it is measured (None: as it is), SQL that asks for the rows.
KEEPING = (
    ("keep_rows: the action of each row", False, None, "SELECT xlsx.alter_profile('people', keep_rows => true)"),
    ("keep_rows, returning a column", False, None, """SELECT xlsx.alter_profile('people', keep_rows => true, "returning" => '{bio_id}')"""),
    ("keep_rows, mode upsert, with the key", True, UPSERT, "SELECT xlsx.alter_profile('people', mode => 'upsert', keep_rows => true)"),
    ("keep_rows, mode upsert, returning a column", True, UPSERT,
     """SELECT xlsx.alter_profile('people', mode => 'upsert', keep_rows => true, "returning" => '{bio_id}')"""),
)


def pg_xlsx_with(option):
    """The same with a profile that option, SQL, has changed."""
    def contender(server, load, table):
        server.sql(option)
        return pg_xlsx(server, load, table)
    return contender


def ogr2ogr(server, load, table):
    need("ogr2ogr", "gdal-bin")
    xlsx, _ = load.make(server)
    environment = server.environment
    target = "PG:" + " ".join(f"{key}={environment[name]}" for key, name in
                              (("host", "PGHOST"), ("port", "PGPORT"), ("user", "PGUSER"), ("dbname", "PGDATABASE")))
    return run(server, ["ogr2ogr", "--config", "OGR_XLSX_HEADERS", "FORCE", "--config", "PG_USE_COPY", "YES", "-append", "-nln", table,
                        "-sql", 'SELECT "Name" AS name, "Gender" AS gender, "Bio-ID" AS bio_id FROM People',
                        "-gt", "1000000", target, xlsx])


def ogr_fdw(server, load, table):
    if server.sql("SELECT count(*) FROM pg_available_extensions WHERE name = 'ogr_fdw'") == "0":
        raise Skipped("ogr_fdw is not installed (Debian: postgresql-NN-ogr-fdw)")
    xlsx, _ = load.make(server)
    server.sql(f"""CREATE EXTENSION IF NOT EXISTS ogr_fdw;
DROP SERVER IF EXISTS ogr CASCADE; DROP SCHEMA IF EXISTS ogr CASCADE; CREATE SCHEMA ogr;
CREATE SERVER ogr FOREIGN DATA WRAPPER ogr_fdw OPTIONS (datasource '{xlsx}', format 'XLSX', config_options 'OGR_XLSX_HEADERS=FORCE');
IMPORT FOREIGN SCHEMA ogr_all FROM SERVER ogr INTO ogr""")
    return run(server, ["psql", "-Xqc", f"INSERT INTO {table} SELECT name, gender, bio_id FROM ogr.people"])


def through_psql(server, table, command):
    return run(server, f"set -o pipefail; {command} | psql -Xqc 'COPY {table} FROM STDIN (FORMAT csv, HEADER)'")


def xlsx2csv(server, load, table):
    need("xlsx2csv", "xlsx2csv")
    return through_psql(server, table, f"xlsx2csv {load.make(server)[0]}")


def openpyxl(server, load, table):
    python = "/usr/bin/python3"
    if subprocess.run([python, "-c", "import openpyxl"], stderr=subprocess.DEVNULL).returncode != 0:
        raise Skipped("openpyxl is not installed (Debian: python3-openpyxl)")
    return through_psql(server, table, f"{python} {PEERS}/openpyxl_csv.py {load.make(server)[0]}")


def readxl(server, load, table):
    need("Rscript", "r-cran-readxl")
    return through_psql(server, table, f"LC_ALL=C.UTF-8 Rscript {PEERS}/readxl.R {load.make(server)[0]}")


def node(server, load, table, script):
    need("node", "nodejs")
    if not os.path.isdir(PEERS + "/node_modules"):
        if shutil.which("npm") is None or subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=PEERS,
                                                         capture_output=True).returncode != 0:
            raise Skipped("its npm package could not be installed")
    return run(server, ["node", "--max-old-space-size=16000", f"{PEERS}/{script}", load.make(server)[0], table])


def exceljs(server, load, table):
    return node(server, load, table, "exceljs.js")


def sheetjs(server, load, table):
    return node(server, load, table, "sheetjs.js")


PEER_LIST = (
    ("ogr2ogr", "GDAL's converter, PG_USE_COPY", ogr2ogr),
    ("readxl", "R, then psql COPY", readxl),
    ("ogr_fdw", "GDAL in the backend: INSERT … SELECT from a foreign table", ogr_fdw),
    ("ExcelJS", "Node.js, streaming reader, pg-copy-streams", exceljs),
    ("SheetJS", "Node.js, whole file in memory, pg-copy-streams", sheetjs),
    ("xlsx2csv", "Python, then psql COPY", xlsx2csv),
    ("openpyxl", "Python, read-only mode, then psql COPY", openpyxl),
)
