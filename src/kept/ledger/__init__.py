"""The append-only, hash-chained events that every verb writes."""
