#pragma once

#include "source/source_impl.h"

/* Evidence of Android phones: which it is by its names, and the texts in it. */

/*
 * android.c: gives the names of a container their meaning: a bug report, an AndroidQF acquisition, an
 * unpacked backup, intrusion logs, a file system, or one dump as text. False, without e: none of
 * them, and s is as it was.
 */
bool android_recognise(struct source *s);

/* android_text.c: does a text begin like one of dumpstate or dumpsys? */
bool android_is_dump(struct slice head);
/*
 * Reads the text once, and makes its sections entries below prefix ("" or "/name"):
 *   /dumpsys/NAME     the dump of a service; a slash in its name becomes _
 *   /dumpstate/TITLE  a section "------ TITLE (command) ------"
 *   /dumpstate/head   what stands before the first of them; of a bare dumpsys instead
 *   /dumpsys/running services
 *   /dumpstate/gap    a line "*** ... timed out", "*** ... Permission denied"
 * The second of a name ends in "#2" and so on. Afterwards source_sort() is due. False: e.
 */
MUST_CHECK bool android_index(struct source *s, const struct entry *text, struct slice prefix,
                              struct err *e);
/* The first bytes of an entry, those of its content if it is compressed with gzip; 0: unreadable. */
size_t android_head(struct source *s, const struct entry *f, uint8_t *to, size_t n);

/* android_facts.c: what the texts tell of the phone. */
void android_facts(struct source *s, struct slice prefix);
