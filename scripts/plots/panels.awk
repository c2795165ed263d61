# SPDX-License-Identifier: MIT
# Turns the table of cells (rclab show --format tsv) into what a figure draws, printed as gnuplot
# commands: panels, in each panel a block of points for each pair of schemes or runtime, which are the
# series.
# A figure appends its own rule, which picks rows and calls point() for each; in a rule a column of the
# table goes by its name: $workload, $ns. A column that the table lacks is empty.
function at(name) {
    return name in column ? column[name] : 999
}
BEGIN {
    FS = "\t"
    title_width = 40
}
NR == 1 {
    for (i = 1; i <= NF; i++)
        column[$i] = i
    workload = at("workload"); rc = at("rc"); lock = at("lock"); reclaimer = at("reclaimer")
    alloc = at("alloc"); allocator = at("allocator"); threads = at("threads")
    placement = at("placement"); params = at("params"); ns = at("ns"); ns_low = at("ns_low")
    ns_high = at("ns_high"); fairness = at("fairness"); rc_index = at("rc_index")
    lock_index = at("lock_index"); machine = at("machine"); memory = at("memory")
    distance = at("distance"); memory_kib = at("memory_kib")
    memory_low = at("memory_low"); memory_high = at("memory_high")
    fairness_low = at("fairness_low"); fairness_high = at("fairness_high")
    runtime = at("runtime"); runtime_index = at("runtime_index"); program = at("program")
    split("cache package cores CPUs", mark_name, " ")
    fill[1] = at("fill_cache"); fill[2] = at("fill_package"); fill[3] = at("fill_core")
    fill[4] = at("fill_all")
    next
}
# One machine a figure; scripts/figures hands over one at a time.
NR == 2 { the_machine = $machine }
$machine != the_machine { next }
# Runtimes have the colours and marks behind those of schemes.
$runtime ~ /^-?$/ && $rc_index + 0 >= schemes { schemes = $rc_index + 1 }
$runtime ~ /^-?$/ && $lock_index + 0 >= locks { locks = $lock_index + 1 }

function finite(text) {
    return text ~ /^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$/
}
# A panel's key: its heading, its parameters, and settings that are named only where the figure has
# several.
function key(head, detail, a, b, c) {
    return head "\001" detail "\001" a "\001" b "\001" c
}
# The place of a name on an axis of names: by rank where one is given, else in order of appearance.
function category(name, rank) {
    if (!(name in category_of)) {
        category_of[name] = ++categories
        category_name[categories] = name
        category_rank[categories] = rank == "" ? categories : rank
    }
    return category_of[name]
}
# What has no interval gets one of no length, which shows as none. Of a cell that was measured in
# several families the first is shown. Scales can be logarithmic: what is not positive is no point.
function point(panel, x, y, low, high,    pair, s, k) {
    if (!finite(x) || !finite(y) || y <= 0)
        return
    if (!finite(low) || !finite(high)) {
        low = y
        high = y
    }
    pair = $rc "+" $lock
    s = pair "+" $reclaimer "+" $alloc
    if ($runtime !~ /^-?$/)
        pair = s = $runtime
    if (!(s in series_pair)) {
        series_pair[s] = pair
        variants[pair]++
        series_key[++all_series] = s
        of_runtime[s] = $runtime !~ /^-?$/
        series_rc[s] = of_runtime[s] ? $runtime_index : $rc_index + 0
        series_lock[s] = of_runtime[s] ? $runtime_index : $lock_index + 0
    }
    if (!(panel in panel_of)) {
        panel_of[panel] = ++all_panels
        panel_key[all_panels] = panel
    }
    panel = panel_of[panel]
    for (k = 1; k <= 4; k++)
        if (!((panel, k) in mark) && finite($fill[k]) && $fill[k] > 1)
            mark[panel, k] = $fill[k] + 0
    if ((panel, s, x) in seen)
        return
    seen[panel, s, x] = 1
    if (!((panel, x) in has_x)) {
        has_x[panel, x] = 1
        different_x[panel]++
    }
    k = ++points[panel, s]
    px[panel, s, k] = x + 0
    py[panel, s, k] = y + 0
    pl[panel, s, k] = low + 0
    ph[panel, s, k] = high + 0
}

# order[1..n] by rank, stable
function sort(order, rank, n,    i, k, x) {
    for (i = 2; i <= n; i++) {
        x = order[i]
        for (k = i - 1; k > 0 && rank[order[k]] > rank[x]; k--)
            order[k + 1] = order[k]
        order[k + 1] = x
    }
}
function quoted(text) {
    gsub(/'/, "''", text)
    gsub(/\n/, "'.\"\\n\".'", text)
    return "'" text "'"
}
# gnuplot's arrays; none can be empty.
function declare(names, size,    n, word, i) {
    n = split(names, word, " ")
    for (i = 1; i <= n; i++)
        printf "array %s[%d]\n", word[i], size
}
# As the label of a tic: not too long, and gnuplot looks for formats of numbers there.
function tic(text) {
    if (length(text) > 30) {
        text = substr(text, 1, 28)
        sub(/[\200-\377]+$/, "", text)
        text = text "…"
    }
    gsub(/%/, "%%", text)
    return quoted(text)
}
# Lines of at most so many characters where there are spaces to break at.
function wrapped(text, width,    n, word, i, line, out) {
    n = split(text, word, " ")
    for (i = 1; i <= n; i++) {
        if (line != "" && length(line) + length(word[i]) >= width) {
            out = out line "\n"
            line = ""
        }
        line = line (line == "" ? "" : " ") word[i]
    }
    return out line
}
# Names of marks at one place or next to it become one text.
function print_marks(p, most, id,    k, n, x, text, order, place, i, word) {
    # without a second thread a core there is nothing to say of cores
    if ((p, 3) in mark && mark[p, 3] == mark[p, 4])
        delete mark[p, 3]
    for (k = 1; k <= 4; k++)
        if ((p, k) in mark && mark[p, k] <= most) {
            order[++n] = k
            place[k] = mark[p, k]
        }
    sort(order, place, n)
    for (i = 1; i <= n; i++) {
        text = text (text == "" ? "" : "\n") mark_name[order[i]]
        x = place[order[i]]
        if (i == n || place[order[i + 1]] > x * 1.2) {
            marks++
            printf "mark_panel[%d] = %d; mark_x[%d] = %d; ", marks, id, marks, x
            printf "mark_text[%d] = %s; mark_lines[%d] = %d\n", marks, quoted(text), marks, \
                split(text, word, "\n")
            text = ""
        }
    }
}

END {
    # a rule sets `ends`: the panels' part of that number keeps its least and greatest value
    for (p = 1; ends && p <= all_panels; p++) {
        split(panel_key[p], part, "\001")
        v = part[ends] + 0
        if (!(part[1] in least) || v < least[part[1]]) least[part[1]] = v
        if (!(part[1] in most) || v > most[part[1]]) most[part[1]] = v
    }
    # a rule sets `at_least`: so many different x a panel needs; `choosy`: only those in complete[]
    for (p = 1; p <= all_panels; p++) {
        split(panel_key[p], part, "\001")
        v = part[ends] + 0
        if (different_x[p] < at_least || (choosy && !(panel_key[p] in complete)) ||
            (ends && v != least[part[1]] && v != most[part[1]]))
            continue
        kept[++n] = p
        for (k = 1; k <= 5; k++)
            if (!((k, part[k]) in place_of)) {
                place_of[k, part[k]] = ++several[k]
                if (part[k] ~ /^[0-9]+ threads?$/)
                    place_of[k, part[k]] = part[k] + 0
            }
        panel_rank[p] = 0
        for (k = 1; k <= 5; k++)
            panel_rank[p] = panel_rank[p] * 1000 + place_of[k, part[k]]
    }
    printf "panels = %d; machine = %s\n", n, quoted(the_machine)
    if (n == 0)
        exit
    sort(kept, panel_rank, n)

    for (i = 1; i <= all_series; i++) {
        s = series_key[i]
        if (of_runtime[s]) {
            series_rc[s] += schemes
            series_lock[s] += locks
        }
        series_rank[s] = series_rc[s] * 1000 + series_lock[s]
    }
    sort(series_key, series_rank, all_series)
    printf "series = %d\n", all_series
    declare("series_name series_tic series_rc series_lock", all_series)
    for (i = 1; i <= all_series; i++) {
        s = series_key[i]
        name = variants[series_pair[s]] > 1 ? s : series_pair[s]
        if (length(name) > longest)
            longest = length(name) < 30 ? length(name) : 30
        printf "series_name[%d] = %s; series_tic[%d] = %s\n", i, quoted(name), i, tic(name)
        printf "series_rc[%d] = %d; series_lock[%d] = %d\n", i, series_rc[s], i, series_lock[s]
    }

    for (i = 1; i <= n; i++)
        for (c = 1; c <= categories; c++)
            if ((kept[i], c) in has_x)
                used[c] = 1
    for (c = 1; c <= categories; c++)
        if (c in used)
            category_order[++used_categories] = c
    sort(category_order, category_rank, used_categories)
    printf "categories = %d\n", used_categories
    declare("category_name category_tic", used_categories + 1)
    for (c = 1; c <= used_categories; c++) {
        name = category_name[category_order[c]]
        printf "category_name[%d] = %s; category_tic[%d] = %s\n", c, quoted(name), c, tic(name)
        place_on_axis[category_order[c]] = c
    }

    declare("panel_title panel_low panel_high panel_best panel_block", n + 1)
    declare("mark_panel mark_x mark_text mark_lines", 4 * n)
    print "$points << END_OF_POINTS"
    for (i = 1; i <= n; i++) {
        p = kept[i]
        panel_block[i] = blocks + 1
        low = high = panel_best[i] = 0
        for (j = 1; j <= all_series; j++) {
            s = series_key[j]
            if (!((p, s) in points))
                continue
            block_series[++blocks] = j
            for (k = 1; k <= points[p, s]; k++) {
                x = px[p, s, k]
                if (x > x_most) x_most = x
                if (categories)
                    x = place_on_axis[x]
                order[k] = k
                rank[k] = x
                if (!all_x[x]++) x_order[++xs] = x_value[x] = x
                if (low == 0 || pl[p, s, k] < low && pl[p, s, k] > 0) low = pl[p, s, k]
                if (ph[p, s, k] > high) high = ph[p, s, k]
                if (x == 1 && py[p, s, k] > panel_best[i]) panel_best[i] = py[p, s, k]
            }
            sort(order, rank, points[p, s])
            for (k = 1; k <= points[p, s]; k++)
                print rank[order[k]], py[p, s, order[k]], pl[p, s, order[k]], ph[p, s, order[k]]
            print "\n"
        }
        panel_low[i] = low
        panel_high[i] = high
    }
    print "END_OF_POINTS"
    printf "blocks = %d; array block_series[%d]\n", blocks, blocks
    for (b = 1; b <= blocks; b++)
        printf "block_series[%d] = %d\n", b, block_series[b]
    for (i = 1; i <= n; i++) {
        split(panel_key[kept[i]], part, "\001")
        head = part[1]
        for (k = 3; k <= 5; k++)
            if (several[k] > 1 && part[k] != "")
                head = head (head == "" ? "" : ", ") part[k]
        if (part[2] ~ /^-?$/)
            part[2] = ""
        title = wrapped(head, title_width) (head != "" && part[2] != "" ? "\n" : "") \
            wrapped(part[2], title_width)
        if (split(title, word, "\n") > title_lines)
            title_lines = split(title, word, "\n")
        printf "panel_title[%d] = %s; panel_block[%d] = %d\n", i, quoted(title), i, panel_block[i]
        printf "panel_low[%d] = %g; panel_high[%d] = %g; panel_best[%d] = %g\n", i, panel_low[i], \
            i, panel_high[i], i, panel_best[i]
        print_marks(kept[i], x_most, i)
    }
    printf "panel_block[%d] = %d; marks = %d\n", n + 1, blocks + 1, marks
    printf "title_lines = %d; longest_tic = %d\n", title_lines, longest
    sort(x_order, x_value, xs)
    for (k = 1; k <= xs; k++)
        text = text " " x_order[k]
    printf "all_x = %s\n", quoted(substr(text, 2))
}
