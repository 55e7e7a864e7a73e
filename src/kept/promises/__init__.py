"""Promises given: their terms, and how they stand."""
