"""Addresses. Each route's view declares who may use it (people/access.py)."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("kept.api.urls")),
    path("", include("kept.portal.urls")),
    path("", include("kept.web.urls")),
]

handler400 = "kept.config.failing.unreadable"
handler404 = "kept.config.failing.missing"
handler500 = "kept.config.failing.answer"
