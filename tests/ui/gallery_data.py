# ruff: noqa: RUF001  words in two alphabets are the point
"""What the gallery's mock pages show: invented parties, a fixed moment."""

from typing import Final

from detente.core.moment import Moment
from detente.ui import receipts, safe
from detente.ui.frame import Escalation, Flash, Frame, Line, Place

NOW: Final = Moment.parse("2026-11-21T23:10:04.000Z")


def before(seconds: int) -> Moment:
    return Moment(NOW.ms - seconds * 1000)


def after(seconds: int) -> Moment:
    return Moment(NOW.ms + seconds * 1000)


def clock(text: str) -> Moment:
    return Moment.parse(f"2026-11-21T{text}.000Z")


EN: Final = {
    "party": "Aurelia", "desk": "CERT desk", "them": "Borealis", "other": "Cordia",
    "no_route": "no route", "person": "M. Orlov",
    "siren": "siren command", "supervisor": "supervisor", "not_ack": "not acknowledged",
    "they_see": "they see “stored, nobody at the desk”",
    "flash": "Loss of control over satellite 2026-044; entry expected 220140Z",
    "count": "4 with a deadline,", "overdue": "1 overdue", "due": "due", "far": "How far each record came",
    "heads": ("Due", "Precedence", "From", "What", "State", "Who has it"),
    "none": "No deadline", "none_text": "What would be here: deadlines, refusals, records to release.",
    "print": "Print", "export": "Export", "watch": "The watch",
    "watch_facts": (("Held by", "M. Orlov, since 18:00"), ("Hand-over", "06:00 to I. Vega"),
                    ("Hourly test", "23:00 passed; next 00:00"), ("Clocks", "Borealis 0.2 s apart")),
    "leave": "Waiting to leave", "leave_text": "7 for Cordia; oldest Priority, 0:26", "note": "Hand-over note",
    "take": "Take", "nobody": "nobody", "you": "you",
    "titles": ("Phishing from 3 addresses, asks help", "Missile test notice 14/26", "Draft minutes, 3rd meeting",
               "Freeze request 26-118: two names", "Request for information about a network"),
    "states": ("read, not answered", "awaiting release", "two remarks open", "accepted, action begun",
               "delivered, not read"),
    "title": "Phishing from 3 addresses, asks help", "matter": "Matter 7f3k-2vq7", "state": "open; our answer is overdue",
    "evidence": "Evidence file", "we": "we", "they": "they", "receipts": "receipts, in UTC",
    "by_us": "signed by us", "by_them": "signed by them", "said": "said 19:05:51",
    "translated": "Working translation, ours, not sent; v2 by A. Lind",
    "kinds": ("incident report", "answer: action", "addition"),
    "duty": "Our answer to Borealis was due at 23:05:53.", "hold": "Hold", "decline": "Decline", "answer": "Answer",
    "head": "Write: incident", "kept": "Draft kept 23:09:58", "marking": "Marking",
    "marking_hint": "Chosen first: it decides who may be named below.", "to": "To", "to_bad": "Cordia may not receive AMBER+STRICT",
    "prec": "Precedence", "prec_hint": "FLASH needs a second person.", "within": "Answer within",
    "within_hint": "Counted from release.", "within_bad": "The time to answer is in the past", "file": "Indicators",
    "file_hint": "14 read, 2 not read", "titled": "Title", "title_text": "Phishing wave against tax offices", "text": "Text",
    "body": "Since 19:40 UTC mail from three addresses asks staff of tax offices to sign in on a copied page. "
            "Seen at 12 offices. We ask you to check the two addresses in your networks.",
    "leaves": "What will leave", "sealed_for": "Sealed for", "not_for": "Not for", "size": "Size",
    "not_for_text": "Cordia (its agreement allows AMBER at most)", "size_text": "3 kB text, 1 file of 2.1 MB; 41 s on this line",
    "recall": "Cannot be recalled. A correction is a new record; they keep the first.",
    "release": "Release to Borealis CERT", "back": "Back to the draft", "held": "Held back 10 s after release, then it leaves.",
    "from": "From", "author": "Author", "releaser": "Releaser", "because": "link agreement with Cordia, 2026-09-01: up to AMBER",
    "remedy": "choose AMBER, or leave Cordia out",
}  # fmt: skip
RU: Final = {
    **EN,
    "party": "Аврелия", "desk": "пост CERT", "them": "Бореалис", "other": "Кордия",
    "no_route": "нет маршрута", "person": "М. Орлов",
    "siren": "команда сирены", "supervisor": "старший", "not_ack": "не подтверждена",
    "they_see": "у них: «сохранено, на посту никого»",
    "flash": "Потеря управления спутником 2026-044; вход ожидается в 220140Z",
    "count": "4 со сроком,", "overdue": "1 просрочено", "due": "срок", "far": "Как далеко дошла запись",
    "heads": ("Срок", "Срочность", "От кого", "Что", "Состояние", "У кого"),
    "none": "Без срока", "none_text": "Здесь появились бы сроки, отказы и записи на выпуск.",
    "print": "Печать", "export": "Выгрузка", "watch": "Вахта",
    "watch_facts": (("Несёт", "М. Орлов, с 18:00"), ("Сдача", "06:00, I. Vega"),
                    ("Ежечасная проверка", "23:00 прошла; следующая 00:00"), ("Часы", "Бореалис, расхождение 0,2 с")),
    "leave": "Ждут отправки", "leave_text": "7 для Кордии; старшее: первоочередное, 0:26", "note": "Запись о сдаче",
    "take": "Взять", "nobody": "никто", "you": "вы",
    "titles": ("Фишинг с трёх адресов, просят помощи", "Уведомление о пуске ракеты 14/26", "Проект протокола третьей встречи",
               "Запрос о блокировании 26-118: два имени", "Запрос сведений о сети"),
    "states": ("прочтено, ответа нет", "ждёт выпуска", "два замечания", "принято, ведётся работа", "доставлено, не прочтено"),
    "title": "Фишинг с трёх адресов, просят помощи", "matter": "Дело 7f3k-2vq7", "state": "открыто; наш ответ просрочен",
    "evidence": "Файл доказательств", "we": "мы", "they": "они", "receipts": "квитанции, UTC",
    "by_us": "подпись наша", "by_them": "подпись их", "said": "сказано 19:05:51",
    "translated": "Рабочий перевод, наш, не отправлен; v2, A. Lind",
    "kinds": ("сообщение об инциденте", "ответ: действие", "дополнение"),
    "duty": "Наш ответ Бореалису следовало дать к 23:05:53.", "hold": "Отложить", "decline": "Отклонить", "answer": "Ответить",
    "head": "Написать: инцидент", "kept": "Черновик сохранён 23:09:58", "marking": "Гриф",
    "marking_hint": "Выбирается первым: от него зависит, кого можно назвать ниже.", "to": "Кому",
    "to_bad": "Кордия не может получать AMBER+STRICT", "prec": "Срочность", "prec_hint": "МОЛНИЯ требует второго лица.",
    "within": "Ответ в течение", "within_hint": "Считается от выпуска.", "within_bad": "Срок ответа в прошлом", "file": "Признаки",
    "file_hint": "Прочтено 14, не прочтено 2", "titled": "Заголовок", "title_text": "Волна фишинга против налоговых служб", "text": "Текст",
    "body": "С 19:40 UTC с трёх адресов идут письма сотрудникам налоговых служб с просьбой войти на поддельной странице. "
            "Замечено в 12 отделениях. Просим проверить два адреса в ваших сетях.",
    "leaves": "Что уйдёт", "sealed_for": "Запечатано для", "not_for": "Не для", "size": "Размер",
    "not_for_text": "Кордия (её соглашение: до AMBER)", "size_text": "3 кБ текста, 1 файл 2,1 МБ; 41 с по этой линии",
    "recall": "Отозвать нельзя. Поправка станет новой записью; первую они сохранят.",
    "release": "Выпустить: Бореалис CERT", "back": "Назад к черновику", "held": "После выпуска задерживается на 10 с, затем уходит.",
    "from": "От кого", "author": "Автор", "releaser": "Выпускает", "because": "соглашение о линии с Кордией, 2026-09-01: до AMBER",
    "remedy": "выберите AMBER или уберите Кордию",
}  # fmt: skip
SAYS: Final = {"en": EN, "ru": RU}


def frame(
    language: str, theme: str, current: str, *, flash: bool = False, marking: str = "AMBER+STRICT"
) -> Frame:
    say = SAYS[language]
    steps = tuple(
        Escalation(after=at, word=str(say[word]), reached=reached)
        for at, word, reached in (
            ("0:07", "not_ack", True), ("1:00", "siren", False), ("2:00", "supervisor", False), ("3:00", "they_see", False),
        )
    )  # fmt: skip
    raised = Flash(
        id="f1", party=str(say["them"]), desk="nrrc", title=str(say["flash"]), kept_at=before(7), action="/flash/f1",
        steps=steps,
    )  # fmt: skip
    places = (("attention", "/", 4, "g"), ("desks", "/desks", 0, ""), ("links", "/links", 0, ""),
              ("search", "/search", 0, "/"), ("write", "/write", 0, "c"))  # fmt: skip
    return Frame(
        party=str(say["party"]), desk=str(say["desk"]), marking=marking, person=str(say["person"]), alarm="armed",
        places=tuple(Place(word=word, href=href, count=count, key=key, current=word == current)
                     for word, href, count, key in places),
        lines=(Line(mark="full", name=str(say["them"]), word="connected", since=before(2)),
               Line(mark="ring", name=str(say["other"]), word="down", since=before(860), detail=str(say["no_route"]))),
        flashes=(raised,) if flash else (), now=NOW, theme=theme, form="token", state="a.3", again="/",
    )  # fmt: skip


LATE: Final = receipts.run({"stored": None, "delivered": None, "read": None}, NOW, before(251))
RUNS: Final = (
    LATE,
    receipts.run({}, NOW),
    receipts.run({"stored": clock("19:05:53"), "delivered": clock("19:05:54"), "read": clock("19:31:10")}, NOW, before(251), full=True),
    receipts.run(dict.fromkeys(receipts.NAMES), NOW),
    receipts.run({"stored": None, "delivered": None}, NOW),
)  # fmt: skip


def attention(language: str) -> dict[str, object]:
    say = SAYS[language]
    made = (
        (before(251), "IMMEDIATE", "them", "CERT", "7f3k-2vq7", "AMBER+STRICT", RUNS[0], "nobody", True),
        (after(1600), "PRIORITY", "other", "NRRC", "k0m9-77xd", "AMBER", RUNS[1], "you", False),
        (after(18720), "ROUTINE", "them", "WG 2", "2hc4-q8ra", "GREEN", receipts.run({"stored": None, "delivered": None, "read": None}, NOW), "you", False),
        (after(31796), "PRIORITY", "them", "Finance", "9b1t-e5fw", "AMBER", RUNS[3], "you", False),
        (None, "ROUTINE", "other", "CERT", "m4tc-0s2p", "CLEAR", RUNS[4], "you", False),
    )  # fmt: skip
    items = [
        {"due": due, "prec": prec, "party": say[party], "desk": desk, "id": id_, "tlp": tlp, "run": run,
         "who": say[who], "take": say["take"] if take else "", "title": say["titles"][at], "state": say["states"][at]}
        for at, (due, prec, party, desk, id_, tlp, run, who, take) in enumerate(made)
    ]  # fmt: skip
    return {"said": say, "items": items}


def matter(language: str) -> dict[str, object]:
    say = SAYS[language]
    theirs = "Фишинговая рассылка с трёх адресов на ящики министерства. Просим закрыть адреса и сообщить владельцев."
    records = [
        {"ours": False, "prec": "IMMEDIATE", "kind": say["kinds"][0], "said": say["said"], "text": theirs,
         "translation": say["body"], "id": "7f3k-2vq7-m4tc", "tlp": "AMBER+STRICT", "kept_at": clock("19:05:53"),
         "signed_by": say["by_us"], "run": RUNS[2]},
        {"ours": True, "prec": "IMMEDIATE", "kind": say["kinds"][1], "said": "", "text": "Accepted for action. Two of the three addresses are in our networks; the third is not.",
         "translation": "", "id": "2vq7-88da-p01x", "tlp": "AMBER+STRICT", "kept_at": clock("19:33:02"), "signed_by": say["by_them"],
         "run": receipts.run({"stored": clock("19:33:02"), "delivered": clock("19:33:03"), "read": clock("19:40:47")}, NOW, full=True)},
        {"ours": False, "prec": "PRIORITY", "kind": say["kinds"][2], "said": "", "text": "14 indicators added. The third address now answers from your network.",
         "translation": "", "id": "q8ra-1c0z-t3he", "tlp": "AMBER+STRICT", "kept_at": clock("21:52:30"), "signed_by": say["by_us"],
         "run": receipts.run({"stored": clock("21:52:30"), "delivered": clock("21:52:31")}, NOW, full=True)},
    ]  # fmt: skip
    return {"said": {**say, "due": before(251)}, "records": records}


def compose(language: str, *, wrong: bool) -> dict[str, object]:
    say = SAYS[language]
    desks = [
        ("cert@borealis.gov", f"{say['them']} CERT", True),
        ("cert@cordia.gov", f"{say['other']} CERT", wrong),
    ]
    facts = ((say["from"], f"{say['party']} CERT"), (say["to"], f"{say['them']} CERT"), (say["within"], "24 h"),
             (say["author"], "I. Vega"), (say["releaser"], say["person"]))  # fmt: skip
    sealed = ((say["sealed_for"], safe.Html("<b>Borealis / CERT</b>")), (say["not_for"], say["not_for_text"]),
              (say["size"], say["size_text"]))  # fmt: skip
    errors = [
        {
            "field": "f-to",
            "what": say["to_bad"],
            "because": say["because"],
            "remedy": say["remedy"],
        },
        {"field": "f-within", "what": say["within_bad"], "because": "", "remedy": "24h"},
    ]
    more = {
        "title": say["titled"], "facts": facts, "sealed": sealed[2:] if wrong else sealed, "desks": desks,
        "markings": [(one, one, one == "AMBER+STRICT") for one in ("RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR")],
        "to_error": say["to_bad"] if wrong else "", "within_error": say["within_bad"] if wrong else "",
    }  # fmt: skip
    return {"said": {**say, **more}, "errors": errors if wrong else []}


def parts(language: str) -> dict[str, object]:
    tracks = (
        ("Cordia", (("path 1", False, "no route", True), ("path 2", False, "no route", True)), "none", "down"),
        ("Dorado", (("path 1", True, "212 ms", False), ("path 2", True, "640 ms", False)), "part", "catching_up"),
        ("Fenmark", (("path 1", False, "–", False),), "hollow", "not_compared"),
        ("Borealis", (("path 1", True, "14 ms", False), ("path 2", False, "refused 3 h", True)), "full", "connected"),
    )  # fmt: skip
    return {"said": SAYS[language], "runs": RUNS, "tracks_": tracks}
