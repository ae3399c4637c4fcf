# failed.awk -v suite=NAME LOG: one line for each failed test of a suite's output, at most 15, with the file where there are several.
# Where no line of the output names a test, the last lines of the output are printed.

function name(line) {
    if (line in seen)
        return
    seen[line] = 1
    if (++count <= 15)
        print suite ": " line
}

function trimmed(line) {
    gsub(/[ \t]+/, " ", line)
    gsub(/^ | $/, "", line)
    return substr(line, 1, 200)
}

/^[0-9]+ passed, [0-9]+ failed/ { file = "" }
/^[ \t]*t\/[^ ]*\.pl \.\./ { file = $1 ": " }
/^[ \t]*not ok/ && !/# (TODO|SKIP)/ { name(file trimmed($0)) }
/^test .*FAILED/ { name(trimmed($0)) }
/^\[  FAILED  \] / && !/test\(s\)/ { name(substr($0, 14)) }
/^Dubious, test returned/ { name(file trimmed($0)) }
/^Bail out!/ { name(file trimmed($0)) }
/^[ \t]*$/ || /^[0-9]+ passed, [0-9]+ failed/ || /^Test Summary Report|^All [0-9]+ tests passed/ { next }
{ last[++lines % 5] = trimmed($0) }

END {
    for (i = lines - 4; count == 0 && i <= lines; i++)
        if (i > 0)
            print suite ": " last[i % 5]
    if (count > 15)
        print suite ": and " count - 15 " more"
}
