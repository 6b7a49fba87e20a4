/* The lines of a file of vectors, split at spaces. */
#ifndef HEARTH_LINES_H
#define HEARTH_LINES_H

int each_line(const char *folder, const char *file, void (*take)(char **fields, int count)); /* how many there were */

#endif
