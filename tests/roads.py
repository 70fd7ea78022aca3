"""The roads that a change of a question takes into the database, past the model's code or not."""

from django.db import connection

from questions.models import Question


def by_save(question: Question, title: str) -> None:
    question.title = title
    question.save()


def by_update(question: Question, title: str) -> None:
    Question.objects.filter(pk=question.pk).update(title=title)


def by_bulk_update(question: Question, title: str) -> None:
    question.title = title
    Question.objects.bulk_update([question], ["title"])


def by_upsert(question: Question, title: str) -> None:
    question.title = title
    Question.objects.bulk_create(
        [question], update_conflicts=True, unique_fields=["slug"], update_fields=["title"]
    )


def by_plain_sql(question: Question, title: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE questions_question SET title = %s WHERE id = %s", [title, question.pk]
        )


ROADS = [by_save, by_update, by_bulk_update, by_upsert, by_plain_sql]
