"""Signed webhooks: another program is told what becomes of promises and alarms, as it happens."""
