"""Addresses of the pages. Each view declares who may use it (people/access.py)."""

from django.urls import URLPattern, URLResolver, path

from kept.web.pages import look, promise, today

urlpatterns: list[URLPattern | URLResolver] = [
    path("", today.today, name="today"),
    path("look", look.look, name="look"),
    path("promises/<int:pk>", promise.promise, name="promise"),
    path("promises/<int:pk>/void", promise.void, name="promise_void"),
]
