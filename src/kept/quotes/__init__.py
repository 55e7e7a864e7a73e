"""Answers to asks for a date, and the offers made from them."""
