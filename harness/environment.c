// SPDX-License-Identifier: MIT
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "build.h"

// The first line of a file, or null.
static json_t *file_line(const char *path)
{
    char line[256];
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return json_null();
    bool got = fgets(line, sizeof line, f) != NULL;
    fclose(f);
    line[got ? strcspn(line, "\n") : 0] = '\0';
    return got ? json_string(line) : json_null();
}

// The value of the first line "name : value" of /proc/cpuinfo.
static json_t *cpuinfo(const char *name)
{
    char line[512];
    FILE *f = fopen("/proc/cpuinfo", "r");
    json_t *value = NULL;
    while (f != NULL && value == NULL && fgets(line, sizeof line, f) != NULL) {
        char *colon = strchr(line, ':');
        if (colon == NULL || strncmp(line, name, strlen(name)) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        colon += strspn(colon, ": \t");
        value = json_string(colon);
    }
    if (f != NULL)
        fclose(f);
    return value != NULL ? value : json_null();
}

// The first line that a command prints, run in the root; null if it fails.
static json_t *command_line(const char *command)
{
    char line[256], whole[5000];
    snprintf(whole, sizeof whole, "cd '%s' 2>/dev/null && %s 2>/dev/null", build_root(), command);
    FILE *f = popen(whole, "r");
    if (f == NULL)
        return json_null();
    bool got = fgets(line, sizeof line, f) != NULL;
    bool ok = pclose(f) == 0 && got;
    line[got ? strcspn(line, "\n") : 0] = '\0';
    return ok ? json_string(line) : json_null();
}

json_t *environment_json(const struct topology *t)
{
    struct utsname u;
    uname(&u);
    json_t *e = json_object();
    json_object_set_new(e, "machine", file_line("/etc/machine-id"));
    json_object_set_new(e, "cpu", cpuinfo("model name"));
    json_object_set_new(e, "microcode", cpuinfo("microcode"));
    json_object_set_new(e, "architecture", json_string(u.machine));
    json_object_set_new(e, "kernel", json_sprintf("%s %s", u.sysname, u.release));
    json_object_set_new(e, "topology", t != NULL ? json_string(topology_summary(t)) : json_null());
    json_object_set_new(e, "governor",
                        file_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
    json_object_set_new(e, "boost", file_line("/sys/devices/system/cpu/cpufreq/boost"));
    json_object_set_new(e, "smt", file_line("/sys/devices/system/cpu/smt/control"));
    json_object_set_new(e, "thp", file_line("/sys/kernel/mm/transparent_hugepage/enabled"));
    json_object_set_new(e, "aslr", file_line("/proc/sys/kernel/randomize_va_space"));
    json_object_set_new(
        e, "clocksource",
        file_line("/sys/devices/system/clocksource/clocksource0/current_clocksource"));
    json_object_set_new(e, "compiler", command_line(RCLAB_COMPILER " --version"));
    json_object_set_new(e, "flags", command_line("cat " RCLAB_DIRECTORY "/flags"));
    json_object_set_new(e, "build", json_string(RCLAB_BUILD));
    json_object_set_new(e, "revision", command_line("git describe --always --dirty --abbrev=12"));
    return e;
}

double environment_load(void)
{
    double load;
    return getloadavg(&load, 1) == 1 ? load : -1;
}
