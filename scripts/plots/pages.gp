# SPDX-License-Identifier: MIT
# Draws the panels that a figure has loaded, so many a page; with several pages figure.png becomes
# figure-1.png, ... A figure sets before:
#     heading, note, about what is shown; under it what is drawn, and of what (one line if they fit)
#     columns_most, rows_most, panel_width, panel_height     a page's, and in pixels without titles
#     x_label, y_label, x_space      x_space: pixels for the labels under an axis
#     scale, draw          commands for panel i: its axes; its plot
#     keys                 "lines", "points" or "boxes" for the page's series, or "tints" for the categories
# Text is placed by pixels, so that nothing meets whatever the size.
per_page = columns_most * rows_most
pages = (panels + per_page - 1) / per_page
dot = strlen(output) > 4 && output[strlen(output)-3:strlen(output)-3] eq "." ? strlen(output) - 4 : strlen(output)
page_file(k) = pages == 1 ? output : sprintf("%s-%d%s", output[1:dot], k, output[dot+1:*])
about = about.(machine eq "" ? "" : (about eq "" ? "" : "; ")."machine ".machine)
array shown[series]
do for [page = 1:pages] {
    first = (page - 1) * per_page + 1
    last = page * per_page < panels ? page * per_page : panels
    columns = last - first + 1 < columns_most ? last - first + 1 : columns_most
    down = (last - first) / columns + 1

    # the key: as many columns as fit beside each other
    if (keys eq "tints") {
        key_entries = categories
        array key_name[key_entries]
        do for [k = 1:key_entries] { key_name[k] = category_name[k] }
    } else {
        do for [s = 1:series] { shown[s] = 0 }
        do for [b = panel_block[first]:panel_block[last + 1] - 1] { shown[block_series[b]] = 1 }
        key_entries = 0
        array key_name[series + 1]
        array key_series[series + 1]
        do for [s = 1:series] {
            if (shown[s]) {
                key_entries = key_entries + 1
                key_name[key_entries] = series_name[s]
                key_series[key_entries] = s
            }
        }
        if (keys eq "lines" && exists("extra_key")) {
            key_entries = key_entries + 1
            key_name[key_entries] = extra_key
            key_series[key_entries] = 0
        }
    }
    longest = 0
    do for [k = 1:key_entries] { longest = strlen(key_name[k]) > longest ? strlen(key_name[k]) : longest }
    key_width = 50 + 7.3 * longest
    width = columns * panel_width + 20
    width = width < 700 ? 700 : width
    key_columns = int((width - 20) / key_width)
    key_columns = key_columns < 1 ? 1 : key_columns > key_entries ? key_entries : key_columns
    key_rows = (key_entries + key_columns - 1) / key_columns
    key_columns = (key_entries + key_rows - 1) / key_rows
    one_line = about eq "" || (strlen(note) + strlen(about)) * 6.0 < width - 40
    under = note.(about eq "" ? "" : one_line ? "; " : "\n").about
    top = one_line ? 58 : 72
    title_height = 14 + 15 * title_lines
    cell_height = panel_height + title_height
    cell_width = (width - 20.0) / columns
    key_height = key_rows * 17 + 14
    height = top + down * cell_height + key_height + 0.0

    eval start(width, height)
    set output page_file(page)
    set multiplot
    set grid ytics lc rgb "#dddddd" lt 1 lw 0.5
    set border 3 lc rgb "#555555"
    set xtics nomirror out font font_11
    set ytics nomirror out font font_11
    set style fill solid 1.0 border lc rgb ink
    set errorbars 0 lc rgb ink
    set key off
    set label 1 heading.(pages > 1 ? sprintf(" (%d of %d)", page, pages) : "") at screen 0.5, 1 - 18 / height center font font_15 tc rgb ink
    set label 2 under at screen 0.5, 1 - 38 / height center font font_11 tc rgb faint
    do for [i = first:last] {
        at_column = (i - first) % columns
        at_row = (i - first) / columns
        set lmargin at screen (10 + at_column * cell_width + 74) / width
        set rmargin at screen (10 + (at_column + 1) * cell_width - 8) / width
        set tmargin at screen 1 - (top + at_row * cell_height + title_height) / height
        set bmargin at screen 1 - (top + (at_row + 1) * cell_height - x_space) / height
        set title panel_title[i] font font_12 tc rgb ink offset 0, -0.6
        set xlabel x_label font font_12 tc rgb ink offset 0, 0.5
        set label 3 at_column == 0 ? y_label : "" at screen 11.0 / width, graph 0.5 center rotate by 90 font font_12 tc rgb ink
        eval scale
        eval draw
        unset label
        unset arrow
    }
    # one key for all panels of the page
    set lmargin at screen 0
    set rmargin at screen 1
    set bmargin at screen 0
    set tmargin at screen key_height / height
    unset logscale
    unset title
    unset xlabel
    unset ylabel
    unset border
    unset tics
    unset grid
    set xrange [0:width]
    set yrange [0:key_height]
    key_left = (width - key_columns * key_width) / 2.0
    key_x(k) = key_left + (k - 1) / key_rows * key_width
    key_y(k) = key_height - 14 - (k - 1) % key_rows * 17
    key_hue(k) = keys eq "tints" ? tint(ink, k) : key_series[k] == 0 ? faint : keys eq "lines" ? hue(key_series[k]) : fill(key_series[k])
    key_line(k) = keys eq "lines" ? key_hue(k) : 0xffffff
    key_dash(k) = key_series[k] == 0 ? 2 : dash(key_series[k])
    key_mark(k) = key_series[k] == 0 ? -1 : mark(key_series[k])
    do for [k = 1:key_entries] {
        set label 100 + k key_name[k] at key_x(k) + 34, key_y(k) left font font_12 tc rgb ink
    }
    if (keys eq "lines" || keys eq "points") {
        plot for [k = 1:key_entries] "+" using (key_x(k) + 28 * $0):(key_y(k)) every ::::1 with lines lc rgb key_line(k) dt key_dash(k), \
            for [k = 1:key_entries] "+" using (key_x(k) + 14):(key_y(k)) every ::::0 with points lc rgb key_hue(k) pt key_mark(k) ps 0.7
    } else {
        plot for [k = 1:key_entries] "+" using (key_x(k) + 20):(key_y(k)):(8):(5) every ::::0 with boxxyerror fs solid border lc rgb ink fc rgb key_hue(k)
    }
    unset label
    unset multiplot
    unset output
}
