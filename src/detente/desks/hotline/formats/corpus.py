"""Texts that say nothing: what an hourly test carries, so that nobody can read a meaning into it.

Verse and prose about weather, meadows and boats, whole sentences as printed. Every author died
before 1933, every text was printed before 1909: in the public domain here and there.
"""

from dataclasses import dataclass
from typing import Final

from detente.core.moment import Moment
from detente.desks.hotline.rules import HOUR

_DAY: Final = 24  # hours


@dataclass(frozen=True, slots=True)
class Passage:
    """A text with its language, author, the year it was first printed or written, and its source."""

    language: str
    author: str
    died: int
    year: int
    source: str
    text: str


PASSAGES: Final = (
    Passage(
        "en", "Henry David Thoreau", 1862, 1854, "Walden",
        "Time is but the stream I go a-fishing in. I drink at it; but while I drink I see the sandy "
        "bottom and detect how shallow it is.",
    ),
    Passage(
        "ru", "Александр Пушкин", 1837, 1829, "Зимнее утро",
        "Мороз и солнце; день чудесный!",
    ),
    Passage(
        "en", "William Wordsworth", 1850, 1807, "I wandered lonely as a cloud",
        "I wandered lonely as a cloud\nThat floats on high o'er vales and hills,\nWhen all at once I "
        "saw a crowd,\nA host, of golden daffodils.",
    ),
    Passage(
        "ru", "Фёдор Тютчев", 1873, 1857, "Есть в осени первоначальной…",
        "Есть в осени первоначальной\nКороткая, но дивная пора —\nВесь день стоит как бы хрустальный,\n"
        "И лучезарны вечера…",
    ),
    Passage(
        "en", "Kenneth Grahame", 1932, 1908, "The Wind in the Willows",
        "There is nothing — absolute nothing — half so much worth doing as simply messing about in boats.",
    ),
    Passage(
        "ru", "Афанасий Фет", 1892, 1842, "Чудная картина…",
        "Чудная картина,\nКак ты мне родна:\nБелая равнина,\nПолная луна.",
    ),
    Passage(
        "en", "Edward Lear", 1888, 1871, "The Owl and the Pussy-cat",
        "The Owl and the Pussy-cat went to sea\nIn a beautiful pea-green boat,\nThey took some honey, "
        "and plenty of money,\nWrapped up in a five-pound note.",
    ),
    Passage(
        "ru", "Иван Крылов", 1844, 1808, "Стрекоза и Муравей",
        "Попрыгунья Стрекоза\nЛето красное пропела;\nОглянуться не успела,\nКак зима катит в глаза.",
    ),
    Passage(
        "en", "Robert Louis Stevenson", 1894, 1885, "The Cow",
        "The friendly cow all red and white,\nI love with all my heart:\nShe gives me cream with all "
        "her might,\nTo eat with apple-tart.",
    ),
    Passage(
        "ru", "Алексей Плещеев", 1893, 1858, "Сельская песня",
        "Травка зеленеет,\nСолнышко блестит;\nЛасточка с весною\nВ сени к нам летит.",
    ),
    Passage(
        "en", "Christina Rossetti", 1894, 1872, "Who Has Seen the Wind?",
        "Who has seen the wind?\nNeither I nor you:\nBut when the leaves hang trembling,\nThe wind is "
        "passing through.",
    ),
    Passage(
        "ru", "Иван Тургенев", 1883, 1851, "Бежин луг",
        "Был прекрасный июльский день, один из тех дней, которые случаются только тогда, когда погода "
        "установилась надолго.",
    ),
    Passage(
        "en", "John Keats", 1821, 1820, "To Autumn",
        "Season of mists and mellow fruitfulness,\nClose bosom-friend of the maturing sun.",
    ),
    Passage(
        "ru", "Михаил Лермонтов", 1841, 1837, "Когда волнуется желтеющая нива…",
        "Когда волнуется желтеющая нива,\nИ свежий лес шумит при звуке ветерка,\nИ прячется в саду "
        "малиновая слива\nПод тенью сладостной зелёного листка.",
    ),
    Passage(
        "en", "Alfred Tennyson", 1892, 1855, "The Brook",
        "I chatter over stony ways,\nIn little sharps and trebles,\nI bubble into eddying bays,\nI "
        "babble on the pebbles.",
    ),
    Passage(
        "ru", "Николай Некрасов", 1878, 1861, "Крестьянские дети",
        "Однажды, в студёную зимнюю пору,\nЯ из лесу вышел; был сильный мороз.",
    ),
    Passage(
        "en", "Emily Dickinson", 1886, 1896, "To make a prairie",
        "To make a prairie it takes a clover and one bee,\nOne clover, and a bee,\nAnd revery.",
    ),
    Passage(
        "en", "Jerome K. Jerome", 1927, 1889, "Three Men in a Boat",
        "I like work: it fascinates me. I can sit and look at it for hours.",
    ),
)  # fmt: skip


def number_of(slot: Moment) -> int:
    """Return the number of the passage of an hour: both sides know it; each day begins with another."""
    hours = slot.ms // HOUR.ms
    return (hours + hours // _DAY) % len(PASSAGES)


def is_whole(slot: Moment, number: int, text: str) -> bool:
    """Say whether a test carried, to the character, the passage of its hour."""
    return number == number_of(slot) and text == PASSAGES[number].text
