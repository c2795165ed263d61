# SPDX-License-Identifier: MIT
# What the figures share. Each figure runs alone as well:
#     gnuplot -e "store='results/quick-....db'; output='figure.svg'" scripts/plots/scaling.gp
# `tsv` is a command that prints the table of cells; scripts/figures passes one that it has at hand.
if (!exists("tsv")) {
    if (exists("store")) {
        tsv = sprintf("build/rclab show --format tsv --store '%s'", store)
    } else {
        tsv = "build/rclab show --format tsv"
    }
}
if (!exists("output")) output = "/dev/stdout"
png = strlen(output) > 4 && output[strlen(output)-3:*] eq ".png"

# columns of the table, for awk
awk_names = "-F '\\t' -v fam=1 -v wl=2 -v rc=3 -v lk=4 -v thr=8 -v par=10 -v ns=12 -v lo=13 -v hi=14 -v rci=25 -v lki=26"
# rows(condition, fields): the rows that fulfil it, tab-separated fields
rows(condition, fields) = sprintf("%s | awk %s 'NR > 1 && (%s) { print %s }'", tsv, awk_names, condition, fields)
# lines(command): its lines as words, spaces inside a line as ~
lines(command) = system(command." | tr ' ' '~' | tr '\\n' ' '")
spaced(word) = system(sprintf("printf %%s '%s' | tr '~' ' '", word))

# A series is a word NAME:REFCOUNT_INDEX:LOCK_INDEX. The refcount scheme has the colour, the lock
# scheme the mark: the same in every figure of one store. Okabe and Ito's colours, which people with
# any colour vision tell apart; from the ninth scheme on the dash differs too.
array colour[8] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"]
name(s) = s[1:strstrt(s, ":")-1]
tail(s) = s[strstrt(s, ":")+1:*]
rc_index(s) = int(tail(s)[1:strstrt(tail(s), ":")-1])
lk_index(s) = int(tail(tail(s))[1:*])
hue(s) = colour[rc_index(s) % 8 + 1]
dash(s) = rc_index(s) / 8 + 1
mark(s) = word("7 5 9 13 11 15 3 2 1 4", lk_index(s) % 10 + 1) + 0

set encoding utf8
# start(width, height): in pixels of the SVG; the PNG has twice as many
start_png(w, h) = sprintf("set terminal pngcairo size %d,%d fontscale 2 linewidth 2 pointscale 2 background '#ffffff' noenhanced", 2*w, 2*h)
start_svg(w, h) = sprintf("set terminal svg size %d,%d fontscale 1 background '#ffffff' noenhanced dynamic font 'sans-serif,12'", w, h)
start(w, h) = png ? start_png(w, h) : start_svg(w, h)
set grid ytics lc rgb "#dddddd" lt 1 lw 0.5
set border 3 lc rgb "#555555"
set tics nomirror out
set key noautotitle
