// SPDX-License-Identifier: MIT
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "build.h"
#include "schema.h"

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

unsigned environment_count_cpus(const char *list)
{
    unsigned n = 0;
    while (*list >= '0' && *list <= '9') {
        char *end;
        unsigned long first = strtoul(list, &end, 10), last = first;
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        n += last >= first ? (unsigned)(last - first + 1) : 0;
        list = end + (*end == ',');
    }
    return n;
}

void environment_machine_text(const char *id, const char *cpu, unsigned cpus,
                              char text[MACHINE_TEXT])
{
    char hash[SCHEMA_HASH];
    if (id == NULL)
        id = "";
    schema_hash(id, strlen(id), hash);
    snprintf(text, MACHINE_TEXT, "%.200s x %u, %.16s", cpu != NULL ? cpu : "unknown processor",
             cpus, hash);
}

// The processor's name; where the kernel gives none (arm64), its maker's and its part's numbers.
static json_t *processor(void)
{
    json_t *name = cpuinfo("model name");
    if (json_is_string(name))
        return name;
    json_t *maker = cpuinfo("CPU implementer"), *part = cpuinfo("CPU part");
    if (json_is_string(maker) && json_is_string(part))
        name = json_sprintf("implementer %s part %s", json_string_value(maker),
                            json_string_value(part));
    json_decref(maker);
    json_decref(part);
    return name;
}

void environment_machine(char text[MACHINE_TEXT])
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    json_t *id = file_line("/etc/machine-id"), *cpu = processor();
    json_t *present = file_line("/sys/devices/system/cpu/present");
    const char *name = json_string_value(id), *list = json_string_value(present);
    unsigned cpus = list != NULL ? environment_count_cpus(list) : 0;
    // an image that has never been booted says "uninitialized"
    if (name == NULL || name[0] == '\0' || strcmp(name, "uninitialized") == 0)
        name = host;
    environment_machine_text(name, json_string_value(cpu),
                             cpus != 0 ? cpus : (unsigned)sysconf(_SC_NPROCESSORS_CONF), text);
    json_decref(id);
    json_decref(cpu);
    json_decref(present);
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
    json_object_set_new(e, "cpu", processor());
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
