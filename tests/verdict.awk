# SPDX-License-Identifier: MIT
# The verdict of tests/check-scheme, from its log: for each program and scenario that failed a line with the reason
# and the command that makes it again; the last line counts cases. Exit status 1 where something failed. Told with
# -v: asked, file (the log), seconds; run and make, the two commands with what they are told of the scheme.

function fail(where, reason, command) {
    if (++lines[step] > (step == "tests/run" ? 9 : 3)) { # a person wants a screenful
        untold++
        return
    }
    sub(/^# /, "", reason)
    gsub(/^==[0-9]+==|ERROR: |WARNING: |SUMMARY: | on address.*| \(pid=.*|tests\/conformance\/\.\.\/\.\.\//, "", reason)
    print "FAILED " where ": " substr(reason, 1, 200)
    if (command != "")
        print "    " command
}
function forget() {
    program = scenario = seed = test = why = sure = again = ""
    tests = 0
}

# --- what is behind comes to its end --------------------------------------------------------------

function end_program(    name, build, more) {
    if (program == "")
        return
    name = build = program
    if (sub(/.*\/test\/conformance\//, "", name)) {
        sub(/\/test\/conformance\/.*/, "", build)
        sub(/.*\//, "", build)
        if (build !~ /^(asan|tsan|census|clang)$/)
            build = "release"
        if (why == "" && unbuilt) {
            if (unbuilt++ == 1) {
                sub(/\/test\/conformance\/.*/, "", program)
                sub(/\/(asan|tsan|census)$/, "", program)
                fail(name ", " build ", and what else did not compile", error, \
                     make (build == "clang" ? " CC=clang" : "") " BUILD=" program " " target)
            }
        } else {
            more = tests > 1 ? " and " tests - 1 " more" : ""
            fail(name ", " build (test != "" ? ", " test more : ""), sure != "" ? sure : why != "" ? why : last, \
                 seed (build == "tsan" ? "TSAN_OPTIONS=halt_on_error=1 " : "") target)
        }
    } else {
        fail(name ", " test, why, run " tests/run " name)
    }
    forget()
}
function end_scenario() {
    if (scenario != "")
        fail(scenario ", " step, why, again)
    forget()
}
function end_step() {
    end_program()
    end_scenario()
    if (step ~ /^compile/ && !clean) {
        failed++
        fail(step, error, command)
    }
    if (step ~ /^explore/ && ended != "whole") {
        failed++
        cases++
        fail(step, ended != "" ? "took too long: not all scenarios were tried" : \
             error != "" ? error : "the explorer did not end well: " last, "")
    }
    step = error = command = ended = ""
    unbuilt = clean = 0
    forget()
}

/^=== / {
    end_step()
    step = substr($0, 5)
    cases += step ~ /^compile/
    next
}

# The first one that a compiler tells; of make, if there is none.
/(error|warning): / && program == "" && scenario == "" && error == "" { error = $0 }

step ~ /^compile/ && /^no warning$/ { clean = 1 }
step ~ /^compile/ && sub(/^again: /, "") { command = $0 }

# --- the explorer ---------------------------------------------------------------------------------

step ~ /^explore/ && /^[a-z0-9_]+: ([0-9]+ schedules?, |set-up fails: )/ {
    end_scenario()
    name = substr($1, 1, length($1) - 1)
    cases += !((step, name) in known)
    known[step, name] = 1
    if (!/ no failure, /) {
        failed++
        scenario = name
        why = $0
    }
    next
}
scenario != "" && why ~ / schedules?, / && /^[a-z ]+: / { why = $0 }
sub(/^replay: /, "") || (again == "" && sub(/^seed: /, "")) {
    sub(/  # .*/, "")
    again = $0
}
step ~ /^explore/ && /^interrupted: / { ended = "short" }
step ~ /^explore/ && /^[0-9]+ scenarios?, / { ended = "whole" }
step ~ /^explore/ && /^ended early$/ && ended != "short" { ended = "" }

# --- tests/run ------------------------------------------------------------------------------------

step == "tests/run" && /^--- / {
    end_program()
    program = target = $2
    next
}
step == "tests/run" && /^# [a-z]+: [0-9]+ passed in / {
    end_program()
    error = ""
    unbuilt = 0
    next
}
step == "tests/run" && /^[0-9]+ passed, [0-9]+ failed$/ {
    end_program()
    cases += $1 + $3
    failed += $3
    next
}
program == "" {
    last = $0
    next
}
/^# HISTORY_SEED=/ { seed = substr($0, 3) " " }
/^SUMMARY: [A-Za-z]*Sanitizer|: runtime error: |^no end after |^# census: .*: (the statement is wrong|not stated|changes)/ {
    if (sure == "")
        sure = $0
}
/^[a-zA-Z0-9_.\/-]+\.[ch]:[0-9]+: / && sure == "" { sure = $0 } # sync_check
/^not ok - .*: exit status 127$/ {
    unbuilt += !unbuilt
    next
}
/^not ok - .*: (exit status [0-9]+|nothing was tested)$/ {
    if (why == "") {
        why = $0
        sub(/.*: /, "", why)
    }
    next
}
/^not ok / {
    tests++
    if (tests == 1) {
        test = $0
        sub(/^not ok [0-9]+ - /, "", test)
    }
    next
}
/^# / && tests == 1 && why == "" { why = $0 }
{ last = $0 }

END {
    end_step()
    if (untold)
        print "and " untold " more"
    if (asked != "") {
        print "everything, in " seconds " s: " file
        print asked ": " (failed ? "FAILS in " failed " of " cases : "passes, " cases " cases")
    }
    exit failed != 0
}
