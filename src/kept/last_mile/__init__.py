"""The last mile: the right person knows in time, politely, until the thing is done."""
