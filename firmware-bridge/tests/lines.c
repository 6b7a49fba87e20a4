#include "lines.h"

#include "check.h"

enum { LINE_MAX_BYTES = 16384, FIELDS_MAX = 8 };

static int split(char *line, char **fields) {
    int count = 0;
    char *at = line;
    while (*at && count < FIELDS_MAX) {
        fields[count++] = at;
        at += strcspn(at, " \n");
        if (*at) *at++ = 0;
    }
    CHECK(*at == 0);
    return count;
}

int each_line(const char *folder, const char *file, void (*take)(char **fields, int count)) {
    static char line[LINE_MAX_BYTES];
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *lines = fopen(path, "r");
    CHECK(lines != NULL);
    if (!lines) return 0;
    int done = 0;
    while (fgets(line, sizeof line, lines)) {
        char *fields[FIELDS_MAX];
        if (line[0] == '#') continue;
        int count = split(line, fields);
        static char about[128];
        snprintf(about, sizeof about, "%s %s", file, fields[0]);
        check_about = about;
        take(fields, count);
        done++;
    }
    fclose(lines);
    check_about = "";
    return done;
}
