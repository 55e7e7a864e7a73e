"""Addresses of the client's page. GET shows; only a button, which posts, changes anything."""

from django.urls import URLPattern, URLResolver, path

from kept.portal import answers, page, preview

urlpatterns: list[URLPattern | URLResolver] = [
    path("p/<str:token>/", page.page, name="portal"),
    path("p/<str:token>/record", page.record, name="portal_record"),
    path("p/<str:token>/record/check", page.check, name="portal_check"),
    path("p/<str:token>/offers/<int:pk>/accept", answers.accept_offer, name="portal_accept"),
    path("p/<str:token>/offers/<int:pk>/counter", answers.counter_offer, name="portal_counter"),
    path("p/<str:token>/offers/<int:pk>/decline", answers.decline_offer, name="portal_decline"),
    path("p/<str:token>/deliveries/<int:pk>/accept", answers.take, name="portal_take"),
    path("p/<str:token>/deliveries/<int:pk>/back", answers.send_back, name="portal_back"),
    path("p/<str:token>/proposals/<int:pk>/agree", answers.agree, name="portal_agree"),
    path("p/<str:token>/proposals/<int:pk>/refuse", answers.refuse, name="portal_refuse"),
    path("p/<str:token>/promises/<int:pk>/change", answers.ask_for_change, name="portal_change"),
    path("p/<str:token>/promises/<int:pk>/release", answers.release, name="portal_release"),
    path("p/<str:token>/obligations/<int:pk>/sent", answers.sent, name="portal_sent"),
    path("p/<str:token>/reactions/<int:pk>/say", answers.react, name="portal_react"),
    path("p/<str:token>/stories/<int:pk>/consent", answers.consent, name="portal_consent"),
    path("p/<str:token>/stories/<int:pk>/withdraw", answers.take_back, name="portal_take_back"),
    path("quotes/<int:pk>/as-client", preview.quote, name="quote_as_client"),
    path("promises/<int:pk>/as-client", preview.promise, name="promise_as_client"),
    path("standing/<int:pk>/as-client", preview.standing, name="standing_as_client"),
]
