"""One random case: a table, its rows before the import, the rows of a sheet, and a mode of saving."""
import random

COLUMNS = ["id", "name", "amount", "born", "kind", "ref", "flag", "code", "factor"]
WHOLE = ("all_or_nothing", "replace")       # modes that keep all or nothing
KEYED = ("upsert", "skip", "update", "sync")    # modes that look for keys

# Of mode sync: which rows the file is all of, and what becomes of those that it lacks.
SCOPES = ["true", "r.id % 3 = 0", "amount > 50", "EXISTS (SELECT FROM shared.r AS s WHERE s.id = r.ref)"]
ABSENT = [None, None, "report", "factor = -1", "factor = coalesce(factor, 0) + 1, flag = NOT flag"]

# The same, of an import that says whose rows they are.
SCOPES_OF_PARAM = ["r.whose = params ->> 'whose'", "r.whose IS DISTINCT FROM params ->> 'whose'"]

TRIGGERS = {
    "before": "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON {schema}.t",
    "after": "CREATE TRIGGER refuse AFTER INSERT OR UPDATE ON {schema}.t",
    "deferred": "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON {schema}.t DEFERRABLE INITIALLY DEFERRED",
}

REFUSE = """
CREATE FUNCTION {schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.name LIKE 'bad%' THEN RAISE EXCEPTION 'no %', NEW.name; END IF;
  IF NEW.name LIKE 'left%' THEN RETURN NULL; END IF;  -- which means something before the row is written
  RETURN NEW;
END $$;
"""

# What may be wrong with a cell, by column.
BAD = {
    "id": [None, "abc", 1.5, 99999999999], "name": [None, "bad"], "amount": [-1, 0, 1e9, "x"], "born": ["2020-02-30", "soon"],
    "kind": ["zz"], "ref": [77, "y"], "flag": ["perhaps"], "code": [None], "factor": ["much"],
}


class Case:
    def __init__(self, seed):
        self.random = random.Random(seed)
        choice, chance = self.random.choice, self.chance
        self.seed = seed
        self.count = choice([1, 3, 10, 50, 300, 999, 1000, 1001, 1700, 2500])
        self.mode = choice(["insert", "insert", "insert", "upsert", "skip", "update", "sync", "sync", *WHOLE])
        self.trigger = choice([None, None, *TRIGGERS])
        self.partitioned = chance(.2)
        self.unique, self.check, self.reference = chance(.5) and not self.partitioned, chance(.6), chance(.5)
        self.not_null, self.default = chance(.5), chance(.5)
        self.old = choice([0, 0, 5, 200])               # rows in the table before
        self.bad = choice([0, 0, .002, .02, .3])        # share of rows with a bad cell
        self.twice = choice([0, 0, .01, .3])            # share of rows whose key has come before
        self.blank, self.clears = choice(["keep", "keep", "null", "default"]), chance(.3)
        # Columns that the sheet lacks. A key and a NOT NULL column of a mode that only inserts are asked for in its headers.
        self.missing = [name for name in COLUMNS[1:] if self.mode in KEYED and chance(choice([0, .3]))]
        self.told = chance(.5)                          # what became of each row is kept
        # What tells rows apart: a column, an expression that takes two ids for the same, or only those rows that have a flag.
        self.key = choice(["id", "id", "expression", "partial"]) if not self.partitioned else "id"
        if self.mode == "sync" and self.key == "partial":
            self.key = "id"
        self.duplicates = choice([None, None, "first", "error"] + ["last"] * (self.mode in ("upsert", "update", "sync")))
        self.scope, self.absent = choice(SCOPES), choice(ABSENT)
        self.max_absent = choice([None, None, "0", "2", "60", "10%", "90%"])
        self.allow_empty = chance(.3)
        if self.mode == "sync":
            self.count = choice([0, self.count, self.count, self.count])
        # The key fills itself: a row without an id is a new one. Its code begins with "n", so that its number can be left out of comparisons.
        self.identity = choice([None, None, "BY DEFAULT", "ALWAYS"]) if self.key == "id" and not self.partitioned else None
        if self.mode == "sync" and self.absent == "report":
            self.identity = None        # whether such a row is counted depends on when it was found to be bad
        self.anonymous = choice([0, .05, .5]) if self.identity else 0
        # The numbers of new rows begin behind those of the table, and so among those of the file, if the file is one batch.
        self.numbers_from = choice([1, 100000]) if self.count < 1000 else 100000
        # A column that no cell fills: by a parameter, or by one that nobody gives, which is like a blank cell.
        self.whose = choice([None, None, "given", "lacking"])
        if self.whose == "given" and chance(.5):
            self.scope = choice(SCOPES_OF_PARAM)
        if self.identity:
            self.missing = [name for name in self.missing if name != "code"]
        self.rows = [self.row(i) for i in range(self.count)]

    def unreadable(self):
        """Is there a row whose key cannot be read, or is drawn?"""
        return any(not isinstance(row[0], int) or row[0] >= 2 ** 31 for row in self.rows)

    def columns(self):
        return COLUMNS + ["whose"] * bool(self.whose)

    def judged_scope(self):
        return self.scope.replace("params ->> 'whose'", "'p7'")

    def __str__(self):
        said = ", ".join(f"{name} {value}" for name, value in vars(self).items()
                         if value and name not in ("random", "rows"))
        return said

    def chance(self, share):
        return self.random.random() < share

    def row(self, i):
        choice, uniform, randint = self.random.choice, self.random.uniform, self.random.randint
        row = {
            "id": i + 1,
            "name": choice(["anna", "Jörg", "O'Neil", "x" * randint(1, 40), "007"]) + str(i),
            "amount": round(uniform(.01, 99999), 2),
            "born": f"20{randint(0, 30):02}-{randint(1, 12):02}-{randint(1, 28):02}",
            "kind": choice("abc"), "ref": randint(1, 5), "flag": choice([True, False]), "code": f"c{i}",
            "factor": uniform(-1e3, 1e3),
        }
        for name in COLUMNS[2:]:
            if self.chance(.05):
                row[name] = None
            if self.clears and self.chance(.03):
                row[name] = "~"
        if self.chance(.03):
            row["name"] = f"left{i}"
        if i and self.chance(self.twice):
            row["id"] = randint(1, i) * (choice([1, -1]) if self.key == "expression" else 1)
        if i and self.chance(self.twice / 2):
            row["code"] = f"c{randint(0, i - 1)}"
        if self.chance(self.bad):
            name = choice(COLUMNS)
            row[name] = choice(BAD[name])
        if self.chance(self.anonymous):
            row["id"] = None
        if self.identity and row["id"] is None:
            row["code"] = f"n{i}"
        return [row[name] for name in COLUMNS]

    def table(self, schema):
        """SQL that makes the table in a new schema, with its old rows."""
        columns = ["id int" + (f" GENERATED {self.identity} AS IDENTITY (START {self.numbers_from})" if self.identity else ""), "name text" + " NOT NULL" * self.not_null, "amount numeric(8,2)" + " CHECK (amount > 0)" * self.check,
                   "born date", "kind shared.kind" + " DEFAULT 'b'" * self.default,
                   "ref int" + " REFERENCES shared.r" * self.reference, "flag boolean", "code text" + " UNIQUE" * self.unique,
                   "factor float8"] + ["whose text DEFAULT 'nobody'"] * bool(self.whose) + ["PRIMARY KEY (id)"] * (self.key == "id")
        sql = f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; CREATE TABLE {schema}.t ({', '.join(columns)})"
        if self.partitioned:
            sql += (f" PARTITION BY RANGE (id); CREATE TABLE {schema}.low PARTITION OF {schema}.t FOR VALUES FROM (MINVALUE) TO (1000);"
                    f" CREATE TABLE {schema}.high PARTITION OF {schema}.t FOR VALUES FROM (1000) TO (3000)")
        sql += ";"
        if self.key != "id":
            sql += f" CREATE UNIQUE INDEX the_key ON {schema}.t " + ("(abs(id));" if self.key == "expression" else "(id) WHERE flag;")
        if self.trigger:
            sql += REFUSE.replace("{schema}", schema) + TRIGGERS[self.trigger].replace("{schema}", schema)
            sql += f" FOR EACH ROW EXECUTE FUNCTION {schema}.refuse();"
        sql += (f" INSERT INTO {schema}.t OVERRIDING SYSTEM VALUE SELECT 3 * g, 'old' || g, g, NULL, 'c', 1, true, 'o' || g, 0"
                + ", CASE g % 3 WHEN 0 THEN 'p7' WHEN 1 THEN 'p8' END" * bool(self.whose) + f" FROM generate_series(1, {self.old}) AS g;")
        if self.identity and self.old and self.numbers_from < 3 * self.old:
            sql += f" SELECT setval(pg_get_serial_sequence('{schema}.t', 'id'), {3 * self.old});"
        return sql
