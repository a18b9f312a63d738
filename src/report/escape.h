#pragma once

#include "base/bytes.h"

/* Text from evidence, made harmless for where it goes. */

/* Terminal: control, bidi and zero-width characters are shown as <U+202E>, broken bytes as \xNN. */
void escape_terminal(struct buf *out, struct slice text);
/* HTML text and attribute values: & < > " ' are entities, hidden characters a marked box. */
void escape_html(struct buf *out, struct slice text);
/* The same for values that are links, hosts or addresses: hxxp, and [.] for the dots of a host. */
void escape_defang(struct buf *out, struct slice text);
/* For the terminal: only the defanging; then pass it to escape_terminal(). */
struct slice defang(struct slice text, struct arena *a);
/* A CSV cell by RFC 4180; what a spreadsheet would take for a formula gets a quote in front. */
void escape_csv(struct buf *out, struct slice text);
