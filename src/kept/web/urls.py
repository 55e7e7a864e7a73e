"""Addresses of the pages. Each view declares who may use it (people/access.py)."""

from django.urls import URLPattern, URLResolver, path

from kept.web.pages import look, today

urlpatterns: list[URLPattern | URLResolver] = [
    path("", today.today, name="today"),
    path("look", look.look, name="look"),
]
