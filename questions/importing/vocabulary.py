"""The words, in several languages, by which questions, answers and levels are known."""

# ruff: noqa: RUF001 (letters of other scripts)

import re


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def one_of(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that is written on several lines."""
    return re.compile("".join(line.strip() for line in pattern.splitlines()), re.IGNORECASE)


# Greek writes its question mark as a semicolon; elsewhere one ends an item of a list.
GREEK = re.compile("[\u0370-\u03ff\u1f00-\u1fff]")

# How a question begins.
BEGINNINGS = words("""
    what what's whats why how when where which who whose is are do does did can could should would
    will explain describe define compare discuss mention distinguish name list tell give difference
    differences write implement
    что какой какая какие каков чем почему зачем когда где кто сколько можно расскажите опишите
    объясните для назовите перечислите как
    was wie warum wann wo wer welche welcher welches wozu worin nenne erkläre beschreibe
    qué cómo cuál cuándo dónde por quel quelle quels comment pourquoi quand où que qu'est-ce
    ما ماذا كيف لماذا هل متى أين اشرح عرف چیست چرا چگونه آیا
    מה איך למה מתי מדוע האם ne neden nasıl nedir hangi τι πώς γιατί
""")

# What a question has in it, where a language has no spaces or does without the mark.
PARTS = one_of(r"""
    什么|甚么|如何|为什么|為什麼|怎么|怎麼|哪些|哪个|吗$|区别|說明|说说|介绍|讲讲|
    とは|何ですか|なぜ|どう|違い|説明|か。?$|
    무엇|어떻게|왜|차이|설명|인가|까$|nedir|fark
""")

# Headings of what is no question.
OTHERS = one_of(r"""
    (table of )?contents?|toc|index|license|licence|contribut\w*|references?|resources|credits|
    acknowledg\w*|about|disclaimer|changelog|code of conduct|sponsors?|support|links|
    further reading|
    目录|目錄|目次|参考\w*|содержание|оглавление|лицензия|список вопросов|источники|авторы|
    inhalt\w*|içindekiler|목차|índice|indice|sommaire|sumário|spis treści|فهرست|الفهرس|المحتويات
""")

# Summaries of folds that hold the answer, and labels before one.
ANSWER = one_of(r"""
    (show |view |see |click .*)?(the )?(answers?|solutions?|ответ|показать ответ|
    答案|解答|参考答案|回答|정답|답|lösung|antwort|cevap|الإجابة|جواب)\s*:?
""")
# The heading of an answer, which may name the right choice: “Answer: D”.
ANSWERED = one_of(r"""
    (?:(?:(?:sample|model|suggested|expected|ideal|short) )?answers?(?: guide)?|solutions?|
    ответ|答案|解答|参考答案|回答|정답|답|lösung|antwort|cevap|yanıt|الإجابة|جواب|
    réponse|respuesta|risposta|odpowiedź|resposta|відповідь|đáp án|jawaban|答え)\s*(?:[:：]|$)
""")
LABEL = one_of(r"^\s*(?:\*\*)?(?:a|ans|answer|ответ|答案?|答え|답)(?:\*\*)?\s*[:：](?:\*\*)?\s*")
ASKED = one_of(r"^\s*(?:\*\*)?(?:q|question|вопрос|问题?|問|質問)\s*\d*\s*[:.：)]")

TO_TOP = one_of(r"""
    \btop\b|\bup\b|наверх|вверх|к (?:началу|содержанию|оглавлению|списку)|返回|回到|顶部|目录|⬆|↑|
    맨 ?위|위로|volver|arriba|nach oben|haut
""")

# Numbers and labels before a title: “12. ”, “Q3: ”, “Question 4 - ”, “(5) ”, “一、”.
NUMBERED = one_of(r"""
    ^\W{0,3}(?:
    (?:q(?:uestion)?|вопрос|frage|pregunta|soru|问题?|問|質問|문제|س|سؤال)
    [\s.#]*\d*\s*[:.)\-–、：]|
    \(?\d{1,4}(?:\.\d{1,3})*(?:[.):、．：]+|\s[-–]\s)|
    [一二三四五六七八九十]+、
    )\s*
""")

LEVELS = {
    "core": words("""
        easy beginner junior basic basics entry core 🟢 👶 simple
        легкий начальный джуниор базовый 简单 初级 初級 基础 쉬움 einfach leicht kolay
        principiante básico básica fácil débutant facile iniciante
    """),
    "advanced": words("""
        medium middle mid intermediate advanced 🟡 🟠 средний мидл 中等 中级 中級 보통 mittel orta
        intermedio intermedia intermédiaire intermediário avanzado avancé avançado
    """),
    "expert": words("""
        hard senior expert difficult tricky 🔴 staff сложный сеньор
        困难 高级 高級 어려움 schwer zor experto difícil difficile especialista
    """),
}

# Those that say the level also where other words follow.
SENIORITY = words("junior middle senior beginner intermediate джуниор мидл сеньор principiante")

# The fields of a question, and how columns of tables and keys of JSON call them.
COLUMNS = {
    "title": words("""
        title question front q term вопрос frage pregunta 问题 題目 题目 質問 질문 soru
    """),
    "answer": words("""
        answer back a definition response solution ответ antwort respuesta 答案 回答 答え 답변 cevap
    """),
    "short_answer": words("short_answer short summary tldr"),
    "category": words("""
        category topic theme subject section deck chapter категория тема kategorie 分类 分類
        kategori categoría tema
    """),
    "level": words("level difficulty seniority grade уровень сложность schwierigkeit 难度 難度"),
    "keywords": words("keywords tags tag теги"),
    "prompt": words("prompt scenario context code"),
    "asked_as": words("asked_as aliases variants"),
    "further_reading": words("further_reading links sources references source url link"),
    "slug": words("slug"),
    "verified_with": words("verified_with"),
    "verified_on": words("verified_on"),
}

# What a column may be called that has an answer, where none is called so.
LOOSE = dict.fromkeys(words("content body explanation text"), "answer")
