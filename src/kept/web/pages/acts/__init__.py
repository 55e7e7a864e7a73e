"""What can be done with a promise: each on a page of its own, with a form that works anywhere."""
