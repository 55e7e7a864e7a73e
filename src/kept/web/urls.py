"""Addresses of the pages. Each view declares who may use it (people/access.py)."""

from django.urls import URLPattern, URLResolver, path

from kept.web.pages import ask, imports, look, loose, past, people, promise, quote, search, today

urlpatterns: list[URLPattern | URLResolver] = [
    path("", today.today, name="today"),
    path("ask", ask.ask, name="ask"),
    path("ask/hold", ask.hold, name="ask_hold"),
    path("past", past.past, name="past"),
    path("import", imports.imports, name="import"),
    path("import/names", imports.names, name="import_names"),
    path("import/files/<str:digest>", imports.look, name="import_look"),
    path("import/<int:pk>", imports.one, name="import_one"),
    path("import/<int:pk>/undo", imports.undo, name="import_undo"),
    path("people", people.people, name="people"),
    path("people/absences", people.absence_add, name="absence_add"),
    path("people/absences/<int:pk>/remove", people.absence_remove, name="absence_remove"),
    path("quotes/<int:pk>", quote.quote, name="quote"),
    path("quotes/<int:pk>/offer", quote.offer, name="quote_offer"),
    path("quotes/<int:pk>/accept", quote.accept, name="quote_accept"),
    path("quotes/<int:pk>/decline", quote.decline, name="quote_decline"),
    path("quotes/<int:pk>/withdraw", quote.withdraw, name="quote_withdraw"),
    path("promises/new", loose.loose, name="loose"),
    path("search", search.search, name="search"),
    path("look", look.look, name="look"),
    path("promises/<int:pk>", promise.promise, name="promise"),
    path("promises/<int:pk>/void", promise.void, name="promise_void"),
]
