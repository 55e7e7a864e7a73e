"""The long runs stand on what the tests stand on."""

from tests import conftest

django_db_modify_db_settings = conftest.django_db_modify_db_settings
_tables_can_be_emptied = conftest._tables_can_be_emptied
_quick_passwords = conftest._quick_passwords
now = conftest.now
northlight = conftest.northlight
