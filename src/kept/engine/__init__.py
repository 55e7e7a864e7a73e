<<<<<<< HEAD
"""The engine: how a date is found. Arrays in, arrays out; no clock, no files, no tables."""
=======
"""What can be promised, by when: numpy, numba and the standard library alone."""
>>>>>>> main
