/* Every artifact, one line each: ARTIFACT(symbol). Order: as people read a report. */
