from django.urls import path

from questions import views

urlpatterns = [
    path("", views.home, name="home"),
    path("categories/<slug:slug>/", views.category, name="category"),
    path("questions/<slug:slug>/", views.question, name="question"),
]
