"""Durable work: written in the transaction of its cause, done after it, at least once."""
