"""The record: said against done."""
