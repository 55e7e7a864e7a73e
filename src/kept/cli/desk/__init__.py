"""`kept desk`: what clients want beyond, house rules, extras, what recurs, and what is told."""
