"""Files in, rows and problems out. Readers know formats; they keep no tables."""
