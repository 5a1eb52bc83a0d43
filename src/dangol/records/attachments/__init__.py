"""Files on the records of every type: taken in by content, kept once, given out through the record's permission."""
