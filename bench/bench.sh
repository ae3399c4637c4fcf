#!/bin/bash
# Speed beside COPY: the same rows, by COPY FROM csv and by xlsx.submit, one
# after the other in each round, in one private server. Prints a table of
# medians; decides nothing.
#
#   ROWS=1000000 ROUNDS=3 bench/bench.sh
set -euo pipefail
cd "$(dirname "$0")/.."
ROWS=${ROWS:-1000000}
ROUNDS=${ROUNDS:-3}
work=$(mktemp -d)
trap 'test/tools/cluster.sh remove "$work/cluster" >/dev/null 2>&1; rm -rf "$work"' EXIT
mkdir "$work/cluster"
chmod 711 "$work"
test/tools/cluster.sh start "$work/cluster" <<'EOT'
shared_buffers = 1GB
max_wal_size = 8GB
autovacuum = off
EOT
set -a
. "$work/cluster/env"
set +a
export PGDATABASE=postgres

psql() { command psql -XAtq -v ON_ERROR_STOP=1 "$@"; }
seconds() { date +%s.%N; }

echo "making workbooks of $ROWS rows" >&2
build/makebook -r "$ROWS" -c "$work/people.csv" "$work/shared.xlsx"
build/makebook -r "$ROWS" -i "$work/inline.xlsx"
build/makebook -r "$ROWS" -e 5 "$work/errors.xlsx"
chmod 644 "$work"/*.xlsx "$work"/*.csv

psql -c "CREATE EXTENSION pg_xlsx" -c "CREATE TABLE book (name text, data bytea)" -c "ALTER TABLE book ALTER data SET STORAGE EXTERNAL"
for name in shared inline errors; do
    psql -c "INSERT INTO book VALUES ('$name', pg_read_binary_file('$work/$name.xlsx'))"
done

# CPU seconds of the server's processes so far, ended children included.
server_cpu() {
    local postmaster ticks
    postmaster=$(head -1 "$work/cluster/data/postmaster.pid")
    ticks=$(cat /proc/"$postmaster"/stat $(pgrep -P "$postmaster" | sed 's|.*|/proc/&/stat|') 2>/dev/null |
        sed 's/.*) //' | awk -v self=1 '{ sum += $12 + $13 + (NR == 1 ? $14 + $15 : 0) } END { print sum }')
    awk -v t="$ticks" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f", t / hz }'
}

make_table() { # make_table KEY
    psql -c "SET client_min_messages = error" -c "DROP TABLE IF EXISTS people" \
        -c "CREATE TABLE people (name text NOT NULL, gender text NOT NULL, bio_id text NOT NULL $1)" \
        -c "SELECT xlsx.drop_profile(name) FROM xlsx.profiles" \
        -c "SELECT xlsx.create_profile('people', 'people', headers => '{\"bio_id\": \"Bio-ID\"}')" -c CHECKPOINT >/dev/null
}

measure() { # measure NAME KEY STATEMENT...: one line "name key wall cpu"
    local name=$1 key=$2 start cpu
    shift 2
    make_table "$key"
    cpu=$(server_cpu)
    start=$(seconds)
    psql "$@" >/dev/null
    awk -v a="$start" -v b="$(seconds)" -v c="$cpu" -v d="$(server_cpu)" -v n="$name" -v k="${key:-none}" \
        'BEGIN { gsub(/ /, "-", k); printf "%s %s %.3f %.2f\n", n, k, b - a, d - c }'
}


for round in $(seq "$ROUNDS"); do
    for key in "" "PRIMARY KEY"; do
        echo "round $round ${key:-without key}" >&2
        measure copy "$key" -c "COPY people FROM '$work/people.csv' (FORMAT csv, HEADER)"
        for name in shared inline errors; do
            measure "$name" "$key" <<EOT
SELECT xlsx.submit('people', data, '$name.xlsx') AS task FROM book WHERE name = '$name' \\gset
SELECT xlsx.wait(:task);
EOT
        done
    done
done >"$work/results"

python3 - "$work/results" "$ROWS" <<'EOT'
import statistics, sys
runs = {}
for line in open(sys.argv[1]):
    name, key, wall, cpu = line.split()
    runs.setdefault((key, name), []).append((float(wall), float(cpu)))
print(f"{int(sys.argv[2]):,} rows of Name, Gender, Bio-ID; medians of {max(map(len, runs.values()))} rounds\n")
print("| rows from | key | wall s | CPU s | x COPY wall | x COPY CPU |\n|---|---|---:|---:|---:|---:|")
for (key, name), values in runs.items():
    copies = runs[(key, "copy")]
    median = lambda i: statistics.median(v[i] for v in values)
    ratio = lambda i: statistics.median(v[i] / max(c[i], 0.01) for v, c in zip(values, copies))
    print(f"| {name} | {'no' if key == 'none' else 'yes'} | {median(0):.2f} | {median(1):.2f} | {ratio(0):.2f} | {ratio(1):.2f} |")
EOT
