# SPDX-License-Identifier: MIT
# What the figures share. `make figures STORE=x` draws all; each figure runs alone as well, from the
# tree's root, on a store or on a table that scripts/figures left:
#     gnuplot -e "store='results/quick-....db'; output='figure.svg'" scripts/plots/scaling.gp
#     gnuplot -e "table='results/quick-...-figures/cells.tsv'; output='figure.png'" scripts/plots/scaling.gp
# A figure loads its points with shape(rule) and draws them by pages.gp; without any it says so.
if (exists("table")) {
    source = sprintf("cat '%s'", table)
} else {
    source = "build/rclab show --format tsv".(exists("store") ? sprintf(" --store '%s'", store) : "")
}
if (!exists("output")) output = "/dev/stdout"
png = strlen(output) > 4 && output[strlen(output)-3:*] eq ".png"
# A command for `load`; the rule is awk on rows of the table, without single quotes (see panels.awk).
shape(rule) = "< ".source." | LC_ALL=C awk \"$(cat scripts/plots/panels.awk)\"'".rule."'"

# The refcount scheme has the colour, the lock scheme the mark (a runtime has both): the same in every figure of one store.
# Okabe and Ito's colours, which people with any colour vision tell apart; from the ninth scheme on the
# dash of a line and the tint of a bar or a lone point differ too, and the dash from the sixteenth lock
# on. s: the number of a series.
array colour[8] = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x000000, 0x999999]
array marks_of_locks[15] = [7, 5, 9, 13, 11, 15, 3, 2, 1, 4, 6, 8, 10, 12, 14]
hue(s) = colour[series_rc[s] % 8 + 1]
dash(s) = word("1 2 4 3", (series_rc[s] / 8 + series_lock[s] / 15) % 4 + 1) + 0
mark(s) = marks_of_locks[series_lock[s] % 15 + 1]
# tint(rgb, k): the k-th of four tints, the first is full
array tint_share[4] = [1.0, 0.6, 0.3, 0.08]
mixed(c, k) = int(255 - (255 - c) * tint_share[k] + 0.5)
tint(rgb, n) = 65536 * mixed(rgb / 65536, (n - 1) % 4 + 1) + 256 * mixed(rgb / 256 % 256, (n - 1) % 4 + 1) + mixed(rgb % 256, (n - 1) % 4 + 1)
fill(s) = tint(hue(s), series_rc[s] / 8 + 1)
ink = 0x333333
faint = 0x888888

set encoding utf8
# start(width, height): in pixels of the SVG; the PNG has twice as many
start_png(w, h) = sprintf("set terminal pngcairo size %d,%d fontscale 2 linewidth 2 pointscale 2 background '#ffffff' noenhanced font 'sans-serif,10'", 2*w, 2*h)
start_svg(w, h) = sprintf("set terminal svg size %d,%d fontscale 1 background '#ffffff' noenhanced dynamic font 'sans-serif,12'", w, h)
start(w, h) = png ? start_png(w, h) : start_svg(w, h)
# a font of so many units of an SVG's pixels: the PNG counts in points
sized(px) = sprintf(",%g", png ? px * 0.8 : px)
font_9 = sized(9)
font_10 = sized(10)
font_11 = sized(11)
font_12 = sized(12)
font_15 = sized(15)

# Commands for the axes of a panel, for `eval`.
# A logarithmic y axis with as many labels as its range wants.
steps(span) = span > 3000 ? "1" : span > 150 ? "1 3" : span > 5 ? "1 2 5" : "1 1.2 1.5 2 2.5 3 4 5 6 7 8"
log_y(low, high) = "set logscale y; set ytics (); set yrange [".sprintf("%g:%g", low, high)."]; ". \
    sprintf("set for [e = %d:%d] for [m in \"%s\"] ytics add (sprintf(\"%%g\", m * 10.0 ** e) m * 10.0 ** e)", \
        floor(log10(low)), ceil(log10(high)), steps(high / low))
linear_y(high) = sprintf("unset logscale y; set ytics auto; set yrange [0:%g]", high)
# The numbers of threads, without labels where they would meet; the last has one always.
threads_x(pixels) = "set logscale x; set xtics (); ".sprintf("set xrange [%g:%g]; ", word(all_x, 1) * 0.8, word(all_x, words(all_x)) * 1.25). \
    system(sprintf("echo %s | awk -v pixels=%d '{ apart = 24 * log($NF / $1 * 1.6) / pixels; for (i = 1; i <= NF; i++) { near = i > 1 && i < NF && (log($i / last) < apart || log($NF / $i) < apart); if (!near) last = $i; printf \"set xtics add (\\\"%%s\\\" %%s %%d); \", near ? \"\" : $i, $i, near } }'", all_x, pixels))
# Where caches, packages, cores and CPUs are full.
# band(low, high): room for their names above the points, a factor of a logarithmic scale.
band(low, high) = marks > 0 ? 1.3 * (1.0 * high / low) ** 0.25 : 1.3
marks_note = "dashed: as many threads as fill one cache, one package, every core, all CPUs"
draw_marks = 'do for [m = 1:marks] { if (mark_panel[m] == i) { \
    set arrow from mark_x[m], graph 0 to mark_x[m], graph 1 nohead lc rgb faint dt 3 lw 0.7 back; \
    set label mark_text[m] at mark_x[m], graph 0.99 right rotate by 90 offset -1.1 * mark_lines[m], 0 font font_10 tc rgb faint front } }'
# Points of a panel's series stand a little beside each other, lest one hide the other.
beside(b, i) = (b + 0.5 - (panel_block[i] + panel_block[i + 1]) / 2.0) / (panel_block[i + 1] - panel_block[i])

# Panels of curves against threads.
columns_most = 3
rows_most = 3
panel_width = 340
panel_height = 275
x_space = 45
x_label = "threads"
keys = "lines"
about = ""
lines_of_panel = 'plot for [b = panel_block[i]:panel_block[i + 1] - 1] $points index b - 1 \
    using ($1 * 1.15 ** beside(b, i)):2:3:4 with yerrorlines lc rgb hue(block_series[b]) dt dash(block_series[b]) pt mark(block_series[b]) ps 0.7'

# Panels of points by scheme at the categories, whose names stand on several lines.
names_x = "unset logscale x; set xrange [0.5:categories + 0.5]; set xtics () scale 0; set for [c = 1:categories] xtics add (category_tic[c] c)"
points_by_category = 'x_label = ""; y_label = "ns per operation (log scale)"; keys = "points"; \
    scale = names_x."; eval log_y(panel_low[i] / 1.3, panel_high[i] * 1.3)"; \
    draw = "plot for [b = panel_block[i]:panel_block[i + 1] - 1] $points index b - 1 using ($1 + 0.6 * beside(b, i)):2:3:4 \
        with yerrorbars lc rgb fill(block_series[b]) pt mark(block_series[b]) ps 0.7"'

# Panels of bars by scheme, whose names stand under them; of a scheme by category, from full to faint. All
# panels have a logarithmic scale when one needs it.
bars_log(n) = (sum [i = 1:n] panel_high[i] > 20 * panel_low[i]) > 0
bars_y(i) = bars_log(panels) ? log_y(panel_low[i] / 2, panel_high[i] * 1.3) : linear_y(panel_high[i] * 1.05)
bar_x(b, i, category) = b - panel_block[i] + 1 + (category - (categories + 1) / 2.0) * 0.8 / categories
names_under_bars = "unset logscale x; set xrange [0.4:panel_block[i + 1] - panel_block[i] + 0.6]; set xtics () rotate by 60 right scale 0; \
    set for [b = panel_block[i]:panel_block[i + 1] - 1] xtics add (series_tic[block_series[b]] b - panel_block[i] + 1)"
bars_by_scheme = 'x_label = ""; keys = "tints"; columns_most = 2; panel_width = 500; \
    x_space = 22 + 5.6 * longest_tic; panel_height = 200 + x_space; \
    y_label = y_label.(bars_log(panels) ? " (log scale)" : ""); \
    scale = names_under_bars."; eval bars_y(i)"; \
    draw = "plot for [b = panel_block[i]:panel_block[i + 1] - 1] $points index b - 1 \
        using (bar_x(b, i, $1)):2:3:4:(0.8 / categories):(tint(hue(block_series[b]), int($1))) with boxerrorbars lc rgb variable"'
