"""Every script: what stands in a title is found and marked as it stands, on both databases."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from questions import search
from questions.models import Question
from tests import build

pytestmark = pytest.mark.django_db


def found(text: str) -> list[str]:
    return [question.slug for question in Question.objects.search(text)]


def marked(text: str, title: str) -> list[str]:
    """Return what is marked in a title by a search for `text`."""
    query = search.find(Question.objects.all(), text).query
    parts = search.Marks(query).mark(title).split("\x02")[1:]
    return [part.split("\x03")[0] for part in parts]


@pytest.mark.parametrize(
    ("title", "text"),
    [
        # Latin
        ("Is a naïve datetime wrong?", "naïve"),
        ("Warum ist die Straße naß?", "Straße"),
        ("Wie lang ist der Schlauch für Öl?", "Öl"),
        ("Điều gì xảy ra với bộ nhớ?", "Điều"),
        ("Çeşme nasıl açılır?", "Çeşme"),
        ("IŞIK nasıl kapanır?", "IŞIK"),
        ("Co to jest łącznik?", "łącznik"),
        # Cyrillic
        ("Какой объём у бака?", "объём"),
        ("Який її розмір?", "Який"),
        ("Който кран е шаровой?", "шаровой"),
        # Greek
        ("Τι είναι η βαλβίδα;", "βαλβίδα"),
        ("ΤΙ ΕΙΝΑΙ Ο ΣΩΛΗΝΑΣ;", "ΣΩΛΗΝΑΣ"),
        # Armenian, Georgian
        ("Ի՞նչ է փականը:", "փականը"),
        ("რა არის სარქველი?", "სარქველი"),
        # Hebrew, Arabic, Persian
        ("מהו בַּרְזֶל?", "בַּרְזֶל"),
        ("ما هو الصَّمّام؟", "الصَّمّام"),
        ("أين يوجد الأنبوب؟", "الأنبوب"),
        ("شیر آب را چگونه می‌بندند؟", "می‌بندند"),
        # Scripts of India
        ("वाल्व क्या है?", "वाल्व"),
        ("ভালভ কী?", "ভালভ"),
        ("வால்வு என்றால் என்ன?", "வால்வு"),
        ("వాల్వ్ అంటే ఏమిటి?", "వాల్వ్"),
        ("വാൽവ് എന്താണ്?", "വാൽവ്"),
        # Scripts without spaces
        ("为什么要关闭阀门？", "阀门"),
        ("バルブとは何か？", "バルブ"),
        ("ﾊﾞﾙﾌﾞとは何か？", "ﾊﾞﾙﾌﾞ"),
        ("Pythonの使い方は？", "使い方"),
        ("วาล์วคืออะไร", "วาล์ว"),
        ("ວາວແມ່ນຫຍັງ?", "ວາວ"),
        ("ဗားဆိုတာဘာလဲ။", "ဗား"),
        ("តើវ៉ាល់ជាអ្វី?", "វ៉ាល់"),
        # Korean, Amharic, Mongolian
        ("밸브란 무엇인가?", "밸브란"),
        ("ቫልቭ ምንድን ነው?", "ቫልቭ"),
        ("Хаалт гэж юу вэ?", "Хаалт"),
    ],
)
def test_a_word_is_found_and_marked_as_it_stands(title: str, text: str) -> None:
    build.question(slug="other", title="What is a needle?")
    build.question(slug="hit", title=title)
    assert found(text) == ["hit"]
    assert marked(text, title) == [text]
    assert search.find(Question.objects.all(), text).corrected == ""


@pytest.mark.parametrize(
    ("title", "text", "mark"),
    [
        ("Is a naïve datetime wrong?", "naive", "naïve"),
        ("Is a naive datetime wrong?", "NAÏVE", "naive"),
        ("Is a nai\u0308ve datetime wrong?", "naïve", "nai\u0308ve"),
        ("Какой объём у бака?", "объем", "объём"),
        ("ما هو الصَّمّام؟", "الصمام", "الصَّمّام"),
        ("أين الأنبوب؟", "الانبوب", "الأنبوب"),
        ("Τι είναι η βαλβίδα;", "ΒΑΛΒΙΔΑ", "βαλβίδα"),
        ("Warum ist die Straße naß?", "STRASSE", "Straße"),
        ("밸브란 무엇인가?", "밸브", "밸브란"),
        ("밸브란 무엇인가?", "\u1107\u1162\u11af\u1107\u1173", "밸브란"),
        ("バルブとは何か？", "ﾊﾞﾙﾌﾞ", "バルブ"),
        ("ﬁne ﬁlters?", "filters", "ﬁlters"),
    ],
)
def test_accents_case_and_forms_of_a_letter_make_no_difference(
    title: str, text: str, mark: str
) -> None:
    build.question(slug="hit", title=title)
    assert found(text) == ["hit"]
    assert marked(text, title) == [mark]


def test_what_stands_inside_a_run_is_found_in_all_fields() -> None:
    build.question(slug="hit", title="为什么要关闭阀门？", answer="因为先关闭总阀门才能更换垫圈。")
    assert found("垫圈") == found("更换垫圈") == found("阀门 垫圈") == ["hit"]
    assert found("圈") == ["hit"]
    assert found("圈垫") == []


def test_a_misspelled_word_is_corrected_in_every_alphabet() -> None:
    build.question(slug="ru", title="Что такое удлинитель шланга?")
    build.question(slug="el", title="Τι είναι η βαλβίδα;")
    hits = search.find(Question.objects.all(), "удленитель")
    assert (hits.corrected, len(hits.hits)) == ("удлинитель", 1)
    assert search.find(Question.objects.all(), "βαλδίδα").corrected == "βαλβιδα"


LETTERS = st.text(
    st.characters(categories=["L", "M", "Nd"], exclude_characters="\u0345"), min_size=1, max_size=12
)


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(LETTERS)
@example("Σ")
@example("ﷺ")
@example("İ")
@example("\u0308")
@example("バルブ関")
def test_any_word_is_found_and_marked_as_it_stands(word: str) -> None:
    title = f"Is it {word} or not?"
    Question.objects.all().delete()
    build.question(slug="hit", title=title)
    query = search.find(Question.objects.all(), word).query
    if query.concepts:
        assert found(word) == ["hit"]
        assert marked(word, title)
