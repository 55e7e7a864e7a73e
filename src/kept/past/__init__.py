"""Finished work, and what it teaches about how long work takes."""
