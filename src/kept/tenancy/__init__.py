"""Organisations, and rows that only their own organisation can see."""
