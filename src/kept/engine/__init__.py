"""What can be promised, by when: numpy, numba and the standard library alone."""
