from django.contrib.sitemaps import views as sitemap_views
from django.urls import path

from questions.exports import views as exports
from questions.pagecache.public import public_page
from questions.pages import offline, practice, views
from questions.sharing import pictures
from questions.sharing.feeds import Changes
from questions.sharing.opensearch import opensearch
from questions.sharing.sitemaps import SITEMAPS, page_number, robots

urlpatterns = [
    # Pages
    path("", views.home, name="home"),
    path("categories/<slug:slug>/", views.category, name="category"),
    path("questions/<slug:slug>/", views.question, name="question"),
    path("practice/", practice.practice, name="practice"),
    path("practice/draw.json", practice.draw_json, name="draw"),
    path("progress/", practice.progress, name="progress"),
    # What a link to a page shows elsewhere
    path("picture.png", pictures.page_picture),
    path("<slug:slug>/picture.png", pictures.page_picture),
    path("categories/<slug:slug>/picture.png", pictures.category_picture),
    path("questions/<slug:slug>/picture.png", pictures.question_picture),
    # For programs that find and follow the pages
    path("feed/", public_page()(Changes()), name="feed"),
    path("robots.txt", robots, name="robots"),
    path(
        "sitemap.xml",
        public_page()(sitemap_views.index),
        {"sitemaps": SITEMAPS, "sitemap_url_name": "sitemap-section"},
        name="sitemap",
    ),
    path(
        "sitemap-<slug:section>.xml",
        public_page(page_number)(sitemap_views.sitemap),
        {"sitemaps": SITEMAPS},
        name="sitemap-section",
    ),
    path("opensearch.xml", opensearch, name="opensearch"),
    path("favicon.ico", pictures.icon, name="favicon"),
    # To take along
    path("export/questions.<slug:extension>", exports.questions, name="export"),
    path("export/schema.json", exports.schema, name="export-schema"),
    # For installing the site and reading it offline
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("service-worker.js", offline.service_worker, name="service-worker"),
    path("offline/", offline.page, name="offline"),
    path("offline.json", offline.bank, name="offline-bank"),
]
