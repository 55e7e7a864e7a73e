"""Addresses. Each route's view declares who may use it (people/access.py)."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
