"""The engine: how a date is found. Arrays in, arrays out; no clock, no files, no tables."""
