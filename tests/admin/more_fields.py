"""
What has to work where optional fields of each kind are added to Question.

They are `made_up`, `minutes`, `made_for` and `is_made_up`.

test_fields.py runs this as a program, in a copy of the site whose code has the fields already.
"""

from pathlib import Path
from typing import Any

import django
import jsonschema

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.forms.models import model_to_dict  # noqa: E402
from django.test import Client  # noqa: E402

from questions import history  # noqa: E402
from questions.models import Question  # noqa: E402
from questions.refreshing.files import as_questions  # noqa: E402
from questions.refreshing.validation import checked_entries  # noqa: E402

SHIPPED = Path("fixtures/bank.yaml")
TEXT = "Think of the *reference counts*.\n"


def main() -> None:
    call_command("makemigrations", "questions", name="add_fields", verbosity=0)
    call_command("prepare", no_static=True, verbosity=0)

    # The bank was loaded before; the new fields change no entry of it.
    assert exported() == SHIPPED.read_text()
    edited = Path("edited.yaml")
    edited.write_text(SHIPPED.read_text().replace("level: advanced", "level: expert", 1))
    call_command("refresh_bank", edited)  # stops where it takes a question for edited

    client = Client()
    client.force_login(User.objects.create_superuser("anna"))
    question: Any = Question.objects.get(slug="gil")
    address = f"/admin/questions/question/{question.pk}/"
    assert 'name="made_up"' in text(client.get(f"{address}change/"))
    data = {name: value or "" for name, value in model_to_dict(question).items()}
    data |= {f"former_slugs-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL")}
    data |= {
        "made_up": TEXT.replace("\n", "\r\n"),
        "minutes": 0,
        "is_made_up": "on",
        "version": history.latest(Question, question.pk),
    }
    preview = client.post(
        "/admin/questions/question/preview/",
        {**data, "key": question.pk},
        headers={"Accept": "*/*"},
    )
    assert TEXT.strip() in text(preview)
    response = client.post(f"{address}change/", data)
    assert response.status_code == 302, response.context["errors"]
    question.refresh_from_db()
    assert (question.made_up, question.minutes, question.is_made_up) == (TEXT, 0, True)
    assert TEXT.strip() in text(client.get(question.get_absolute_url()))
    assert "1 result" in text(client.get("/admin/questions/question/?q=reference+counts*."))

    # Through a file and back.
    edited.write_text(exported())
    questions: Any = as_questions(checked_entries(edited))
    assert {q.slug: q.made_up for q in questions}["gil"] == TEXT
    Question.objects.update(made_up="", is_made_up=False)  # type: ignore[misc]
    call_command("loaddata", edited, verbosity=0)
    question.refresh_from_db()
    assert (question.made_up, question.is_made_up) == (TEXT, True)
    call_command("refresh_bank", edited)
    assert exported() == edited.read_text()

    # Whoever cleans a row gets line ends as files have them.
    question.made_up = TEXT.replace("\n", "\r\n")
    question.full_clean()
    assert question.made_up == TEXT

    # The history has it, and brings back what was there before it.
    assert "<h3>Made up</h3>" in text(client.get(f"{address}history/"))
    first = list(history.versions(question))[-1]
    client.post(f"{address}history/{first.id}/restore/")
    question.refresh_from_db()
    assert question.made_up == ""
    client.post(f"{address}delete/", {"post": "yes"})
    client.post(f"/admin/questions/question/deleted/{history.deleted(Question).get().pk}/undelete/")
    assert Question.objects.filter(slug="gil").exists()

    content = client.get("/export/questions.json").json()
    jsonschema.validate(content, client.get("/export/schema.json").json())
    for page in ("/", "/?q=lock", f"/categories/{question.category.slug}/", "/feed/"):
        assert client.get(page).status_code == 200, page


def exported() -> str:
    target = Path("exported.yaml")
    call_command("export_bank", target, verbosity=0)
    return target.read_text()


def text(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode()  # type: ignore[no-any-return]


if __name__ == "__main__":
    main()
