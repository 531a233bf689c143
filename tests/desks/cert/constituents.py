"""A constituent, and a case under embargo, as people write them."""

from detente.core.moment import Moment
from detente.office.fields import Value

CVE = "CVE-2026-10001"
DAY = Moment.parse("2026-03-31T10:00:00.000Z")
WATER: dict[str, Value] = {
    "key": "water-north",
    "name": "Northern Water",
    "sector": ("water",),
    "network": ("198.51.100.0/24",),
    "domain": ("water.example",),
    "means": "csv",
    "language": "en",
}
CASE: dict[str, Value] = {
    "to": ("cert@borealis.gov", "cert@cordia.gov"),
    "about": "Controller takes any password",
    "text": "How it is done.",
    "finder": "A. Finder",
    "vendor": ("Example Works",),
    "product": ("Example Controller 3",),
    "cve": (CVE,),
    "release": DAY,
}
